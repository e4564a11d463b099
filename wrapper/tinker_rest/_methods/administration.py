"""The methods of `AdminClient`: usage, costs, storage and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from tinker_rest import _arguments as arguments
from tinker_rest._arguments import AuditEventTypeName
from tinker_rest._base import BaseClient
from tinker_rest._lazy import LazyModule, models, types
from tinker_rest._retry import Policy
from tinker_rest.futures import APIFuture, async_variant, deprecated

if TYPE_CHECKING:
    from tinker_rest._work import Work

P = ParamSpec("P")
R = TypeVar("R")

api = LazyModule("tinker_rest_api.api.administration")


class AdministrationMethods(BaseClient):
    """Looks up what administrators can see; see `AdminClient`."""

    def get_audit_log(
        self, event_type: AuditEventTypeName = "all", day: date | None = None
    ) -> APIFuture[types.AuditLogResponse]:
        """Get the audit log of your organization for one day, from midnight to midnight UTC.

        A redirect to another host is followed without the API key. Calls the operation `get_audit_log`.

        Args:
            event_type: `all` (the default), `checkpoints`, `projects`, `teams` or `organizations`.
            day: The day; None, the default, for today in UTC.

        Raises:
            PermissionDeniedError: You are not an administrator (raised by the future).
        """
        kind, on_day = arguments.member("event_type", models.AuditEventType, event_type), arguments.day(day)
        return self._submit(api.get_audit_log, event_type=kind, day=on_day, policy=Policy(max_redirects=5))

    def get_billing_usage(
        self, starting_on: datetime | str, ending_before: datetime | str
    ) -> APIFuture[types.BillingUsageResponse]:
        """Get what your organization used, by hour, kind of usage, model, user, session and project.

        The data is some hours late. Costs are estimates in US dollars before credits and commitments, None if
        there is no price yet. `event_info` of an event is one of five models, or an `UnknownVariant` if this
        version does not know its `type`. A period of more than 14 days is read by several calls in a row, up to
        the current hour, and returned as one response. Calls the operation `get_billing_usage`.

        Args:
            starting_on: The start, a full hour in UTC that is not in the future: a datetime, or a string such as
                `2026-07-13T00:00:00Z`. Without an offset, it is in UTC.
            ending_before: The end (exclusive) in the same form.

        Raises:
            PermissionDeniedError: You are neither administrator nor billing administrator (raised by the future).
        """

        def get(start: datetime, end: datetime) -> APIFuture[types.BillingUsageResponse]:
            return self._submit(api.get_billing_usage, starting_on=start, ending_before=end)

        def get_all(work: Work[types.BillingUsageResponse]) -> types.BillingUsageResponse:
            return _joined([work.call(get, *window) for window in windows])

        windows = arguments.billing_windows(starting_on, ending_before)
        return get(*windows[0]) if len(windows) == 1 else self._run("get_billing_usage", get_all)

    def get_current_checkpoint_storage_usage(
        self, project_id: str | None = None
    ) -> APIFuture[types.CurrentCheckpointStorageUsageResponse]:
        """Get the number and size (in bytes) of stored checkpoints, and their cost per month of 720 hours.

        The data is one or two hours late. Costs are estimates in US dollars before credits and commitments. Calls
        the operation `get_current_checkpoint_storage_usage`.

        Args:
            project_id: The project; None, the default, for the whole organization.

        Raises:
            PermissionDeniedError: You are neither administrator nor billing administrator (raised by the future).
        """
        project = arguments.optional_project(project_id)
        return self._submit(api.get_current_checkpoint_storage_usage, project_id=project)

    get_audit_log_async = async_variant(get_audit_log)
    get_billing_usage_async = async_variant(get_billing_usage)
    get_current_checkpoint_storage_usage_async = async_variant(get_current_checkpoint_storage_usage)


def _joined(parts: list[types.BillingUsageResponse]) -> types.BillingUsageResponse:
    return models.BillingUsageResponse(
        data=[event for part in parts for event in part.data],
        sessions=models.BillingUsageSessions({name: one for part in parts for name, one in part.sessions.items()}),
        cost_data_through=max(filter(None, (part.cost_data_through for part in parts)), default=None),
    )


def _moved(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    moved = deprecated(f"use AdminClient.{method.__name__} instead", category=FutureWarning)(method)
    moved.__doc__ = f"Deprecated: use `AdminClient.{method.__name__}`, which takes the same arguments."
    return moved


class DeprecatedAdministration(BaseClient):
    """The methods of `AdminClient` that the official SDK has on `RestClient`; each warns with a FutureWarning."""

    get_audit_log = _moved(AdministrationMethods.get_audit_log)
    get_audit_log_async = async_variant(get_audit_log)
    get_billing_usage = _moved(AdministrationMethods.get_billing_usage)
    get_billing_usage_async = async_variant(get_billing_usage)
    get_current_checkpoint_storage_usage = _moved(AdministrationMethods.get_current_checkpoint_storage_usage)
    get_current_checkpoint_storage_usage_async = async_variant(get_current_checkpoint_storage_usage)
