"""An account and an API key taken away on the shell, beside a server that runs, while both are used."""

from __future__ import annotations

import aiohttp
from playwright.async_api import expect

from tests.support.consultation import PASSWORD, a_call, consultation
from tests.support.server import run_command, server

SETTLED_MS = 3_500  # a page that is turned away right after loading does not load again


async def test_a_removed_account_loses_its_call_and_its_console_and_nobody_else_does(browser, tmp_path):
    async with server(tmp_path) as running:
        known = await consultation(running)
        async with a_call(browser, known) as (customer, agent, _):
            console = await agent.context.new_page()
            await console.goto(f"{known.base}/agent/")
            await agent.wait_for_timeout(SETTLED_MS)
            await run_command("staff", "remove", "agent", environment=running.environment)
            await agent.wait_for_url("**/staff/sign-in?next=/agent/appointments/**")
            await console.wait_for_url("**/staff/sign-in?next=/agent/**")
            await expect(customer.get_by_test_id("section-call")).to_be_visible()
            await console.locator("input[name=username]").fill("agent")
            await console.locator("input[name=password]").fill(PASSWORD)
            await console.locator("#sign-in-submit").click()
            await expect(console.locator("#sign-in-problem")).to_be_visible()


async def test_a_revoked_key_is_refused_on_a_connection_that_was_open(tmp_path):
    async with server(tmp_path) as running:
        known = await consultation(running)
        key = known.links["api_key"]
        other = (await run_command("api-key", "add", "Kiosk", environment=running.environment)).strip()
        lines = (await run_command("api-key", "list", environment=running.environment)).splitlines()
        [key_id] = [line.split()[0] for line in lines if "Booking system" in line]
        appointment = f"{known.base}/api/v1/appointments/now"
        async with aiohttp.ClientSession() as http:
            assert await asked(http, appointment, key) == (200, None)
            await run_command("api-key", "revoke", key_id, environment=running.environment)
            assert await asked(http, appointment, key) == (401, "invalid_api_key")
            assert await asked(http, appointment, other) == (200, None)


async def asked(http, url, key):
    """Return the status and the problem's code of what a booking system asks."""
    async with http.get(url, headers={"Authorization": f"Bearer {key}"}) as answer:
        return answer.status, (await answer.json()).get("code")
