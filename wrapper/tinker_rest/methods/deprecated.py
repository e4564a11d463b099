"""What `RestClient` had before there was an `AdminClient`, for programs that still use it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from tinker_rest.calling.calling_client import CallingClient
from tinker_rest.deprecation import deprecated
from tinker_rest.futures import APIFuture
from tinker_rest.methods.arguments import AuditEventTypeName

if TYPE_CHECKING:
    from tinker_rest.admin_client import AdminClient
    from tinker_rest.types import (
        AuditLogResponse,
        BillingUsageResponse,
        CurrentCheckpointStorageUsageResponse,
    )


class DeprecatedAdministration(CallingClient):
    """The methods of `AdminClient` on `RestClient`; each warns with a FutureWarning."""

    @deprecated("use AdminClient.get_audit_log instead", category=FutureWarning)
    def get_audit_log(
        self, event_type: AuditEventTypeName = "all", day: date | None = None
    ) -> APIFuture[AuditLogResponse]:
        """Deprecated: use `AdminClient.get_audit_log`, which takes the same arguments."""
        return self._administration().get_audit_log(event_type, day)

    @deprecated("use AdminClient.get_audit_log instead", category=FutureWarning)
    async def get_audit_log_async(
        self, event_type: AuditEventTypeName = "all", day: date | None = None
    ) -> AuditLogResponse:
        """Deprecated: await `AdminClient.get_audit_log`, which takes the same arguments."""
        return await self._administration().get_audit_log(event_type, day)

    @deprecated("use AdminClient.get_billing_usage instead", category=FutureWarning)
    def get_billing_usage(
        self, starting_on: datetime | str, ending_before: datetime | str
    ) -> APIFuture[BillingUsageResponse]:
        """Deprecated: use `AdminClient.get_billing_usage`, which takes the same arguments."""
        return self._administration().get_billing_usage(starting_on, ending_before)

    @deprecated("use AdminClient.get_billing_usage instead", category=FutureWarning)
    async def get_billing_usage_async(
        self, starting_on: datetime | str, ending_before: datetime | str
    ) -> BillingUsageResponse:
        """Deprecated: await `AdminClient.get_billing_usage`, which takes the same arguments."""
        return await self._administration().get_billing_usage(starting_on, ending_before)

    @deprecated("use AdminClient.get_current_checkpoint_storage_usage instead", category=FutureWarning)
    def get_current_checkpoint_storage_usage(
        self, project_id: str | None = None
    ) -> APIFuture[CurrentCheckpointStorageUsageResponse]:
        """Deprecated: use `AdminClient.get_current_checkpoint_storage_usage`, which takes the same argument."""
        return self._administration().get_current_checkpoint_storage_usage(project_id)

    @deprecated("use AdminClient.get_current_checkpoint_storage_usage instead", category=FutureWarning)
    async def get_current_checkpoint_storage_usage_async(
        self, project_id: str | None = None
    ) -> CurrentCheckpointStorageUsageResponse:
        """Deprecated: await `AdminClient.get_current_checkpoint_storage_usage`, which takes the same argument."""
        return await self._administration().get_current_checkpoint_storage_usage(project_id)

    def _administration(self) -> AdminClient:
        """An AdminClient that shares this client's connections, options and calls."""
        from tinker_rest.admin_client import AdminClient

        self._refuse_closed()
        admin = AdminClient(self.holder)
        self._share_with(admin)
        return admin
