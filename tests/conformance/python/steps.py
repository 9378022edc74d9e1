"""The steps of a case, through either surface of the Python package."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel as blocking
from databricks_sql_kernel import KernelError, aio
from sign_in import WAYS, sign_in
from texts import as_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from answers import Answer
    from databricks_sql_kernel.testing import LocalWarehouse

# The fields of an error that may be absent.
FIELDS = ("sql_state", "error_code", "vendor_code", "http_status", "query_id", "diagnostic_info", "error_details_json")
OPTIONS = {
    "intervals_as_text": "intervals_as_string",
    "geospatial_as_wkb": "enable_geospatial_support",
    "parameters": "session_conf",
}


class MismatchError(Exception):
    """What was answered is not what the case says."""


def same(what: str, found: object, expected: object) -> None:
    """Compares, and shows both."""
    if found != expected:
        raise MismatchError(f"{what}\n  found    {as_line(found)}\n  expected {as_line(expected)}")


async def settle(value: Any) -> Any:
    """The answer of a call, which asyncio's surface has to be awaited for."""
    return await value if inspect.isawaitable(value) else value


class Run:
    """One run of one case."""

    def __init__(
        self,
        case: dict[str, Any],
        warehouse: LocalWarehouse,
        read: Callable[[Any], Awaitable[Answer]],
        *,
        is_async: bool,
        show: bool,
    ) -> None:
        """Takes note; nothing is sent. `read` is one of `answers`."""
        self.case, self.warehouse, self.read_result, self.is_async, self.show = case, warehouse, read, is_async, show
        self.sessions: dict[str, Any] = {}
        self.kept: dict[str, Any] = {}

    async def all(self) -> None:
        """Runs the steps, and closes the sessions."""
        self.warehouse.plan_faults([])
        try:
            for number, step in enumerate(self.case.get("steps") or [self.case]):
                try:
                    await self.step(step)
                except MismatchError as error:
                    raise MismatchError(f"step {number + 1}: {error}") from None
        finally:
            self.warehouse.plan_faults([])
            for session in self.sessions.values():
                await settle(session.close())

    async def step(self, step: dict[str, Any]) -> None:
        """Runs one step, and compares its answer or its error."""
        action: Callable[[dict[str, Any]], Any] = getattr(self, step.get("do", "execute"))
        expected = step.get("error")
        try:
            await action(step)
        except KernelError as error:
            if expected is None and not self.show:
                raise
            self.compare_error(error, expected or {})
            return
        if expected is not None:
            raise MismatchError(f"nothing failed, and {as_line(expected)} was expected")

    async def session(self, step: dict[str, Any]) -> Any:
        """The session of a step, opened when it is first used."""
        name = step.get("session", "main")
        if name not in self.sessions:
            options = {**self.case.get("options", {}), **self.case.get("sessions", {}).get(name, {})}
            arguments = {
                "enable_geospatial_support": False,
                "retry_min_wait_secs": 0.01,
                "retry_max_attempts": 2,
                # pyarrow cannot hold intervals of months.
                "intervals_as_string": bool(self.case.get("months")),
                **self.warehouse.connect_arguments(),
                **{OPTIONS.get(key, key): value for key, value in options.items() if key not in WAYS},
                **sign_in(options),
            }
            self.sessions[name] = await aio.connect(**arguments) if self.is_async else blocking.Session(**arguments)
        return self.sessions[name]

    async def statement(self, step: dict[str, Any]) -> Any:
        """The statement that a step describes."""
        statement = (await self.session(step)).statement()
        statement.set_sql(step["sql"])
        for position, (name, text, sql_type) in enumerate(step.get("parameters", []), 1):
            if name is None:
                statement.bind_param(position, text, sql_type)
            else:
                statement.bind_named_param(name, text, sql_type)
        if "row_limit" in step:
            statement.set_row_limit(step["row_limit"])
        if "query_tags" in step:
            statement.set_query_tags(step["query_tags"])
        if "timeout_ms" in step:
            statement.set_timeout(step["timeout_ms"] / 1000)
        return statement

    async def open(self, step: dict[str, Any]) -> None:
        """Opens a session."""
        await self.session(step)

    async def close_session(self, step: dict[str, Any]) -> None:
        """Closes a session; it can be done again."""
        await settle((await self.session(step)).close())

    async def execute(self, step: dict[str, Any]) -> None:
        """Runs a statement and reads its result, unless it is kept for later."""
        result = await settle((await self.statement(step)).execute())
        if "modified_rows" in step:
            same("modified rows", result.num_modified_rows, step["modified_rows"])
        await self.result(result, step)

    async def submit(self, step: dict[str, Any]) -> None:
        """Starts a statement."""
        self.kept[step["as"]] = await settle((await self.statement(step)).submit())

    async def attach(self, step: dict[str, Any]) -> None:
        """Attaches to a statement by its id."""
        identifier = step.get("id") or self.kept[step["of"]].statement_id
        attached = await settle((await self.session(step)).attach_async_statement(identifier))
        if "as" in step:
            self.kept[step["as"]] = attached

    async def status(self, step: dict[str, Any]) -> None:
        """Asks where a statement stands."""
        state, failure = await settle(self.kept[step["of"]].status())
        if state not in step["states"]:
            raise MismatchError(f"the state is {state}, not one of {step['states']}")
        if "failure" in step:
            self.compare_error(failure, step["failure"])

    async def await_result(self, step: dict[str, Any]) -> None:
        """Waits for the result of a statement that was submitted."""
        await self.result(await settle(self.kept[step["of"]].await_result()), step)

    async def fetch_result(self, step: dict[str, Any]) -> None:
        """Opens the result of a statement that has ended."""
        await self.result(await settle(self.kept[step["of"]].fetch_result()), step)

    async def read(self, step: dict[str, Any]) -> None:
        """Reads a result that was kept."""
        await self.result(self.kept[step["of"]], {**step, "as": None})

    async def cancel(self, step: dict[str, Any]) -> None:
        """Cancels a statement or a result's statement."""
        await settle(self.kept[step["of"]].cancel())

    async def close(self, step: dict[str, Any]) -> None:
        """Closes a statement or a result."""
        await settle(self.kept[step["of"]].close())

    async def cancel_before(self, step: dict[str, Any]) -> None:
        """Cancels, then runs the statement, which ends at once."""
        statement = await self.statement(step)
        await settle(statement.canceller().cancel())
        await settle(statement.execute())

    async def cancel_during(self, step: dict[str, Any]) -> None:
        """Runs a statement, and cancels it when the server has it."""
        statement = await self.statement(step)
        canceller = statement.canceller()
        self.warehouse.plan_faults([])
        running = asyncio.ensure_future(statement.execute() if self.is_async else asyncio.to_thread(statement.execute))
        await self.served({"kind": "execute", "count": 1})
        await settle(canceller.cancel())
        await running

    async def served(self, step: dict[str, Any]) -> None:
        """Waits until the server has served so many requests of a kind since the last plan of faults."""
        while self.warehouse.faults_report()["requests"].get(step["kind"], 0) < step["count"]:
            await asyncio.sleep(0.005)

    async def faults(self, step: dict[str, Any]) -> None:
        """Sets what goes wrong from now on."""
        self.warehouse.plan_faults(step["rules"])

    async def metadata(self, step: dict[str, Any]) -> None:
        """A metadata call."""
        arguments = {
            {"function_pattern": "name_pattern", "procedure_pattern": "name_pattern"}.get(k, k): v
            for k, v in step["arguments"].items()
        }
        call = getattr((await self.session(step)).metadata(), step["call"])
        await self.result(await settle(call(**arguments)), step)

    async def result(self, result: Any, step: dict[str, Any]) -> None:
        """Reads a result and compares it; or keeps it for later."""
        if step.get("as"):
            self.kept[step["as"]] = result
            return
        answer = await self.read_result(result)
        if self.show:
            print(self.shown(step, answer))
        if "schema" in step:
            self.compare_schema(answer, step["schema"])
        if "truncated" in step:
            same("truncated", result.truncated, step["truncated"])
        self.compare_rows(answer, step)
        if "type" in step:
            names = {"python": type(answer.column(0)[0]).__name__, "description": answer.description or step["type"]["description"]}
            same("type", {**step["type"], **names}, step["type"])
        await settle(result.close())

    def compare_schema(self, answer: Answer, expected: list[list[str]]) -> None:
        """Compares names and types; those of Arrow where they were read."""
        found = answer.schema
        if self.case.get("months"):
            found = [[name, sql, "month_interval" if (sql or "").startswith("INTERVAL") else arrow] for name, sql, arrow in found]
        known = [
            column if column[2] is not None else [*column[:2], *wanted[2:]] for column, wanted in zip(found, expected, strict=False)
        ]
        same("schema", known + found[len(known) :], expected)

    @staticmethod
    def compare_rows(answer: Answer, step: dict[str, Any]) -> None:
        """Compares all rows, or the count, the ends and the sums of many."""
        columns = range(len(answer.schema))
        if "count" in step:
            same("number of rows", answer.count, step["count"])
        if "sums" in step:
            same("sums", [str(sum(answer.column(index))) for index in columns], step["sums"])
        if "lengths" in step:
            same("lengths", [str(sum(map(len, answer.column(index)))) for index in columns], step["lengths"])
        if "rows" not in step and "contains" not in step:
            return
        rows = answer.rows()
        if "rows" in step:
            same("rows", rows, step["rows"])
        for row in step.get("contains", []):
            if row not in rows:
                raise MismatchError(f"no row is {as_line(row)}; there are {as_line(rows[:20])}")

    def compare_error(self, error: KernelError, expected: dict[str, Any]) -> None:
        """Compares an error's code, what is given of its fields, and which of them are set."""
        found: dict[str, object] = {
            "code": error.code,
            "sql_state": error.sql_state,
            "retryable": error.retryable,
            "http_status": error.http_status,
        }
        found["set"] = [name for name in FIELDS if getattr(error, name) is not None]
        if self.show:
            print(json.dumps({key: value for key, value in found.items() if value is not None}), error.message)
            return
        same(f"error ({error.message})", {key: found[key] for key in expected}, expected)

    def shown(self, step: dict[str, Any], answer: Answer) -> str:
        """The answer as a case would write it."""
        rows = answer.rows()
        return f"{step.get('sql') or step.get('call')}\n  {as_line(answer.schema)}\n  {len(rows)} {as_line(rows[:40])}"
