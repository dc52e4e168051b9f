"""Files from phone to desktop and back over the path itself, kept with the appointment; and the code behind
the lock."""

from __future__ import annotations

import asyncio
import struct
import zlib

import pytest
from playwright.async_api import expect

from tests.browser.test_in_call import in_call
from tests.support.browser import axe_findings, screenshot

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 1_200 + b"\n%%EOF"


def png(width: int, height: int) -> bytes:
    """Return a picture with a slope of colours."""
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 120)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


async def open_files(page):
    if not await page.get_by_test_id("files-dialog").is_visible():
        await page.get_by_test_id("open-more").click()
        await page.get_by_test_id("files-open").click()


async def choose(page, name, content):
    file = {"name": name, "mimeType": "", "buffer": content}
    await page.get_by_test_id("files-input").set_input_files(file)


def card(page, name):
    return page.get_by_test_id("file-card").filter(has_text=name)


async def saved(page, click):
    async with page.expect_download() as begun:
        await click.click()
    download = await begun.value
    where = await download.path()
    return download.suggested_filename, await asyncio.to_thread(where.read_bytes)


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_file_goes_each_way_and_one_is_kept_with_the_appointment(server, browser, language):
    async with in_call(server, browser, language) as (customer, agent):
        await open_files(customer)
        await choose(customer, "trick.pdf", b"<html><script>alert(1)</script>")
        await expect(customer.get_by_test_id("files-problem")).to_be_visible()
        await expect(customer.get_by_test_id("file-card")).to_have_count(0)
        await choose(customer, "plan of the house.png", png(320, 200))
        await expect(card(customer, "plan of the house.png")).to_have_attribute("data-state", "done")
        await screenshot(customer, f"call-files-phone-{language}")
        assert await axe_findings(customer) == []

        await agent.get_by_test_id("files-notice").click()
        received = card(agent, "plan of the house.png")
        await expect(received).to_have_attribute("data-state", "done")
        await expect(received.get_by_test_id("file-save")).to_be_hidden()
        await received.get_by_test_id("file-view").click()
        pixel = "canvas => [...canvas.getContext('2d').getImageData(319, 199, 1, 1).data]"
        assert await agent.get_by_test_id("files-picture").evaluate(pixel) == [254, 253, 120, 255]
        await screenshot(agent, f"call-picture-desktop-{language}")
        assert await axe_findings(agent) == []
        await agent.get_by_test_id("files-back").click()
        await received.get_by_test_id("file-attach").click()
        await expect(received).to_have_attribute("data-attached", "")
        await expect(card(customer, "plan of the house.png")).to_have_attribute("data-attached", "")
        await screenshot(customer, f"call-attached-phone-{language}")
        await choose(agent, "form.pdf", PDF)
        await expect(card(agent, "form.pdf")).to_have_attribute("data-state", "done")
        await screenshot(agent, f"call-files-desktop-{language}")
        assert await axe_findings(agent) == []

        form = card(customer, "form.pdf")
        assert await saved(customer, form.get_by_test_id("file-save")) == ("form.pdf", PDF)
        await agent.get_by_test_id("files-close").click()
        name, content = await saved(agent, agent.get_by_test_id("attachment"))
        assert (name, content) == ("plan of the house.png", png(320, 200))
        await screenshot(agent, f"agent-attachments-{language}")
        await agent.get_by_test_id("attachment-withdraw").click()
        await agent.get_by_test_id("attachment-withdraw-yes").click()
        await expect(agent.locator("#attachments-heading")).to_be_focused()
        await expect(card(customer, "plan of the house.png")).not_to_have_attribute("data-attached", "")
        await expect(agent.get_by_test_id("attachment")).to_have_count(0)


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_both_sides_read_the_same_numbers(server, browser, language):
    async with in_call(server, browser, language) as (customer, agent):
        codes = []
        for page, where in ((customer, "phone"), (agent, "desktop")):
            await page.get_by_test_id("open-more").click()
            await page.get_by_test_id("proof-open").click()
            code = page.get_by_test_id("proof-code")
            await expect(code).to_be_visible()
            codes.append(await code.inner_text())
            await screenshot(page, f"call-proof-{where}-{language}")
            assert await axe_findings(page) == []
        assert codes[0] == codes[1]
        assert len(codes[0].replace(" ", "")) == 6


@pytest.mark.long
async def test_an_official_looks_at_a_document_in_a_tab_and_has_it_only_when_it_is_attached(server, browser):
    async with in_call(server, browser, "en") as (customer, agent):
        await open_files(customer)
        await choose(customer, "unread.pdf", PDF)
        await agent.get_by_test_id("files-notice").click()
        unread = card(agent, "unread.pdf")
        # This browser has no viewer; nothing but attaching is offered.
        await expect(unread.get_by_test_id("file-state")).to_contain_text("attach it to the appointment")
        await expect(unread.get_by_role("button")).to_have_count(1)
        await expect(unread.get_by_test_id("file-attach")).to_be_visible()
        await agent.evaluate("Object.defineProperty(navigator, 'pdfViewerEnabled', { value: true })")
        await choose(customer, "plan.pdf", PDF)
        read = card(agent, "plan.pdf")
        await expect(read.get_by_test_id("file-view")).to_be_visible()
        async with agent.context.expect_page():
            await read.get_by_test_id("file-view").click()
        await expect(agent.get_by_test_id("stage")).to_have_attribute("data-phase", "inCall")
