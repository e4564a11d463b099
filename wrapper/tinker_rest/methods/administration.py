"""The methods of `AdminClient`: usage and its cost, what is stored, and the audit log."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.futures import APIFuture, async_variant
from tinker_rest.methods.arguments import (
    AuditEventTypeName,
    check_audit_event_type,
    check_billing_time,
    check_day,
    check_project_id,
)
from tinker_rest_api.types import UNSET

if TYPE_CHECKING:
    from tinker_rest.types import (
        AuditLogResponse,
        BillingUsageResponse,
        CurrentCheckpointStorageUsageResponse,
    )


class AdministrationMethods(CallingClient):
    """Looks up what administrators may; see `AdminClient`."""

    def get_audit_log(
        self, event_type: AuditEventTypeName = "all", day: date | None = None
    ) -> APIFuture[AuditLogResponse]:
        """Get what happened in one's organization on a day, from midnight to midnight UTC.

        Where the server answers with a redirect to where the log is kept, it is followed without the API key.

        Args:
            event_type: `all` (the default), or the events of `checkpoints`, `projects`, `teams` or
                `organizations` alone.
            day: The day; None, the default, for today in UTC.

        Raises:
            PermissionDeniedError: By the future: one is no administrator.

        Calls the operation `get_audit_log`.
        """
        from tinker_rest.calling.redirects import FollowedCall
        from tinker_rest_api.api.administration.get_audit_log import OPERATION

        checked_day = check_day(day)
        request = OPERATION.build_request(
            event_type=check_audit_event_type(event_type), day=UNSET if checked_day is None else checked_day
        )
        return self._submit(FollowedCall(OPERATION, request, self.holder.base_url, self._options))

    def get_billing_usage(
        self, starting_on: datetime | str, ending_before: datetime | str
    ) -> APIFuture[BillingUsageResponse]:
        """Get what one's organization used, by hour, kind of usage, model, user, session and project.

        Data is some hours late. Costs are estimates in US dollars before credits and commitments, None where there
        is no price yet. `event_info` of each event is one of five models, told apart by their `type`; a kind that
        this version does not know is an `UnknownVariant`.

        Args:
            starting_on: The beginning, a full hour in UTC that is not in the future: a datetime, or a text such as
                `2026-07-13T00:00:00Z`. Without an offset it is taken to be in UTC.
            ending_before: The end in the same forms, which does not belong to the time; at most 14 days later.

        Raises:
            PermissionDeniedError: By the future: one is neither administrator nor billing administrator.

        Calls the operation `get_billing_usage`.
        """
        from tinker_rest_api.api.administration.get_billing_usage import OPERATION

        begin, end = check_billing_time(starting_on, ending_before)
        request = OPERATION.build_request(starting_on=begin, ending_before=end)
        return self._call(OPERATION, request, OPERATION.read_success)

    def get_current_checkpoint_storage_usage(
        self, project_id: str | None = None
    ) -> APIFuture[CurrentCheckpointStorageUsageResponse]:
        """Get how many checkpoints are stored now, their size in bytes and what they cost a month of 720 hours.

        Data is one or two hours late. Costs are estimates in US dollars before credits and commitments.

        Args:
            project_id: The project to look at; None, the default, for the whole organization.

        Raises:
            PermissionDeniedError: By the future: one is neither administrator nor billing administrator.

        Calls the operation `get_current_checkpoint_storage_usage`.
        """
        from tinker_rest_api.api.administration.get_current_checkpoint_storage_usage import OPERATION

        request = OPERATION.build_request(
            project_id=UNSET if project_id is None else check_project_id("project_id", project_id)
        )
        return self._call(OPERATION, request, OPERATION.read_success)

    get_audit_log_async = async_variant(get_audit_log)
    get_billing_usage_async = async_variant(get_billing_usage)
    get_current_checkpoint_storage_usage_async = async_variant(get_current_checkpoint_storage_usage)
