// What a program in Go does with a client of oapi-codegen: prints a line for each step.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/oapi-codegen/nullable"

	"example.com/portability/tinker"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	baseURL, apiKey, runID := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	httpClient := &http.Client{
		// Or Go follows to the storage host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	withKey := func(_ context.Context, request *http.Request) error {
		request.Header.Set("X-API-Key", apiKey)
		return nil
	}
	client := must(tinker.NewClientWithResponses(
		baseURL, tinker.WithHTTPClient(httpClient), tinker.WithRequestEditorFn(withKey),
	))

	var listed []string
	for {
		limit, offset := int32(2), int64(len(listed))
		page := must(client.ListTrainingRunsWithResponse(
			ctx, &tinker.ListTrainingRunsParams{Limit: &limit, Offset: &offset},
		))
		if page.JSON200 == nil {
			log.Fatal(page.Status())
		}
		if len(page.JSON200.TrainingRuns) == 0 {
			break
		}
		for _, run := range page.JSON200.TrainingRuns {
			listed = append(listed, run.TrainingRunId)
		}
	}
	fmt.Println("paging=" + strings.Join(listed, ","))

	run := must(client.GetTrainingRunWithResponse(ctx, runID, nil))
	fmt.Println("get=" + run.JSON200.BaseModel)

	body := tinker.SetCheckpointTtlRequest{TtlSeconds: nullable.NewNullNullable[int64]()}
	changed := must(client.SetCheckpointTtlWithResponse(ctx, runID, tinker.Weights, "0001", body))
	fmt.Printf("ttl=%t\n", changed.StatusCode() < 300)

	archive := must(client.GetCheckpointArchiveUrlWithResponse(ctx, runID, tinker.Weights, "0001"))
	fmt.Printf("archive_status=%d\n", archive.StatusCode())
	fmt.Println("archive_location=" + archive.HTTPResponse.Header.Get("Location"))
	fmt.Println("archive_expires=" + archive.HTTPResponse.Header.Get("Expires"))

	absent := must(client.GetTrainingRunWithResponse(ctx, "no-such-run", nil))
	fmt.Printf("error_status=%d\n", absent.StatusCode())
	fmt.Println("error_detail=" + fmt.Sprint(*absent.JSON404.Detail))

	extended := must(client.GetTrainingRunWithResponse(ctx, "newer-server", nil))
	fmt.Println("new_field=" + extended.JSON200.BaseModel)
	list := must(client.ListCheckpointsWithResponse(ctx, "newer-server"))
	fmt.Println("new_value=" + list.JSON200.Checkpoints[0].CheckpointType)

	var owner tinker.SearchOwner
	if err := owner.FromOwnSearchOwner(tinker.OwnSearchOwner{}); err != nil {
		log.Fatal(err)
	}
	paths := []string{}
	limit := int32(1)
	search := tinker.CheckpointSearchRequest{Owner: &owner, Limit: &limit}
	for {
		page := must(client.SearchCheckpointsWithResponse(ctx, search)).JSON200
		for _, checkpoint := range page.Checkpoints {
			paths = append(paths, checkpoint.TinkerPath)
		}
		search.Cursor = page.NextCursor
		if !search.Cursor.IsSpecified() || search.Cursor.IsNull() {
			break
		}
	}
	fmt.Println("search=" + strings.Join(paths, ","))

	found := must(client.SearchSessionsWithResponse(ctx, tinker.SessionSearchRequest{Owner: &owner}))
	status := must(found.JSON200.Sessions[0].Status.Get())
	failed, ok := must(status.ValueByDiscriminator()).(tinker.SessionFailed)
	if !ok {
		log.Fatal("the session has not failed")
	}
	if reason, ok := must(failed.Reason.ValueByDiscriminator()).(tinker.SessionFailedTrainingRunReason); ok {
		fmt.Println("union=" + reason.TrainingRunId)
	}
	members := []string{}
	for _, session := range found.JSON200.Sessions {
		members = append(members, session.SessionId)
	}
	fmt.Println("new_member=" + strings.Join(members, ","))
}
