//! What a program in Rust does with a client of progenitor: prints a line for each step.

use progenitor::generate_api;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;

generate_api!("openapi-3.0.yaml");

use types::{
    CheckpointKind, CheckpointSearchRequest, OwnSearchOwner, OwnSearchOwnerType, SearchOwner, SessionFailedReason,
    SessionSearchRequest, SessionStatus, SetCheckpointTtlRequest,
};

type Failure = Box<dyn std::error::Error>;

fn header(response: &reqwest::Response, name: &str) -> String {
    let name = HeaderName::from_bytes(name.as_bytes()).ok();
    let value = name.and_then(|name| response.headers().get(name));
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or("")
        .to_owned()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base_url, api_key, run_id] = arguments.as_slice() else {
        return Err("needs a URL, a key and the id of a training run".into());
    };
    let mut headers = HeaderMap::new();
    headers.insert("X-API-Key", HeaderValue::from_str(api_key)?);
    // Or reqwest follows to the storage host, and takes the key along.
    let http = reqwest::Client::builder()
        .default_headers(headers)
        .redirect(Policy::none())
        .build()?;
    let client = Client::new_with_client(base_url, http);

    let mut listed: Vec<String> = Vec::new();
    loop {
        let (limit, offset) = (2.try_into().ok(), i64::try_from(listed.len())?);
        let page = client
            .list_training_runs(None, limit, Some(offset), None)
            .await?
            .into_inner();
        if page.training_runs.is_empty() {
            break;
        }
        listed.extend(
            page.training_runs
                .into_iter()
                .map(|run| run.training_run_id),
        );
    }
    println!("paging={}", listed.join(","));

    let run = client.get_training_run(&run_id.parse()?, None).await?;
    println!("get={}", run.base_model);

    let (kind, name) = (CheckpointKind::Weights, "0001");
    let body = SetCheckpointTtlRequest { ttl_seconds: None };
    let changed = client
        .set_checkpoint_ttl(&run_id.parse()?, kind, &name.parse()?, &body)
        .await?;
    println!("ttl={}", changed.status().is_success());

    let archive = client
        .get_checkpoint_archive_url(&run_id.parse()?, kind, &name.parse()?)
        .await;
    let Err(Error::UnexpectedResponse(redirect)) = archive else {
        return Err("the archive is no redirect".into());
    };
    println!("archive_status={}", redirect.status().as_u16());
    println!("archive_location={}", header(&redirect, "Location"));
    println!("archive_expires={}", header(&redirect, "Expires"));

    match client.get_training_run(&"no-such-run".parse()?, None).await {
        Err(Error::ErrorResponse(answer)) => {
            println!("error_status={}", answer.status().as_u16());
            let detail = answer
                .into_inner()
                .detail
                .ok_or("the error has no detail")?;
            println!("error_detail={}", detail.as_str().unwrap_or_default());
        }
        _ => return Err("the run that is not there was found".into()),
    }

    let extended = client
        .get_training_run(&"newer-server".parse()?, None)
        .await?;
    println!("new_field={}", extended.base_model);
    let list = client.list_checkpoints(&"newer-server".parse()?).await?;
    println!(
        "new_value={}",
        list.checkpoints
            .first()
            .ok_or("no checkpoint")?
            .checkpoint_type
            .as_str()
    );

    let owner = SearchOwner::from(OwnSearchOwner {
        type_: OwnSearchOwnerType::Own,
    });
    let mut paths = Vec::new();
    let mut search = CheckpointSearchRequest {
        owner: Some(owner.clone()),
        limit: 1.try_into()?,
        ..CheckpointSearchRequest::default()
    };
    loop {
        let page = client.search_checkpoints(&search).await?.into_inner();
        paths.extend(page.checkpoints.into_iter().map(|one| one.tinker_path));
        search.cursor = page.next_cursor;
        if search.cursor.is_none() {
            break;
        }
    }
    println!("search={}", paths.join(","));

    let request = SessionSearchRequest {
        owner: Some(owner),
        ..SessionSearchRequest::default()
    };
    let found = client.search_sessions(&request).await?.into_inner();
    let members: Vec<_> = found
        .sessions
        .iter()
        .map(|session| session.session_id.as_str())
        .collect();
    println!("new_member={}", members.join(","));
    let status = found
        .sessions
        .into_iter()
        .next()
        .and_then(|session| session.status);
    if let Some(SessionStatus::SessionFailed(failed)) = status
        && let SessionFailedReason::SessionFailedTrainingRunReason(reason) = failed.reason
    {
        println!("union={}", reason.training_run_id);
    }
    Ok(())
}
