"""A file on its way when its path goes: it goes on over the next, or is said not to come, and comes again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.test_call_files import card, choose, open_files, saved
from tests.browser.test_in_call import in_call

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

CONTENT = b"%PDF-1.4\n" + bytes(range(256)) * 16_000 + b"\n%%EOF"
# A phone that takes its time to read a file: there are moments in which it is on its way.
READ_SLOWLY = """() => {
  const { arrayBuffer } = Blob.prototype;
  Blob.prototype.arrayBuffer = async function () {
    await new Promise((done) => setTimeout(done, 200));
    return arrayBuffer.call(this);
  };
}"""


async def on_its_way(page, name):
    """Wait until a part of a file has arrived, and return how much."""
    progress = card(page, name).locator("progress")
    await progress.wait_for(state="attached")
    handle = await progress.element_handle()
    await page.wait_for_function("progress => progress.value > 0.1", arg=handle)
    return await progress.evaluate("progress => progress.value")


async def test_a_file_goes_on_after_a_hold_and_after_a_reload_is_sent_again(server, browser):
    async with in_call(server, browser, "en") as (customer, agent):
        await open_files(customer)
        await customer.evaluate(READ_SLOWLY)
        await choose(customer, "plan.pdf", CONTENT)
        there = await on_its_way(agent, "plan.pdf")
        await agent.get_by_test_id("hold").click()
        await expect(card(customer, "plan.pdf").get_by_test_id("file-state")).to_contain_text("by itself")
        assert there <= await card(agent, "plan.pdf").locator("progress").evaluate("bar => bar.value") < 1
        await agent.get_by_test_id("resume").click()
        for page in (customer, agent):
            await expect(card(page, "plan.pdf")).to_have_attribute("data-state", "done", timeout=15_000)
        await agent.get_by_test_id("files-notice").click()
        await card(agent, "plan.pdf").get_by_test_id("file-attach").click()
        await expect(card(agent, "plan.pdf")).to_have_attribute("data-attached", "")
        await agent.get_by_test_id("files-close").click()
        assert await saved(agent, agent.get_by_test_id("attachment")) == ("plan.pdf", CONTENT)

        await choose(customer, "form.pdf", CONTENT)
        await on_its_way(agent, "form.pdf")
        await customer.reload()
        await expect(card(agent, "form.pdf")).to_have_attribute("data-state", "failed", timeout=15_000)
        await expect(card(agent, "form.pdf").get_by_test_id("file-state")).to_have_text("Stopped.")
        await expect(customer.get_by_test_id("open-more")).to_be_enabled(timeout=15_000)
        await open_files(customer)
        await choose(customer, "form again.pdf", CONTENT)
        await expect(card(agent, "form again.pdf")).to_have_attribute("data-state", "done", timeout=15_000)
