"""The waiting room: a time that is true, a minute when called, and a place that is kept for who is away."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot, video_moves
from tests.support.office import an_office
from tests.support.visits import sign_in, wait_in_line
from vap_meet.web import appkeys as key

COUNT_RINGS = """(() => {
  window.tones = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...given) {
    window.tones += 1;
    return start.apply(this, given);
  };
})()"""


async def says_what_is_private(customer, by_sound):
    """Nothing is recorded, and one's own picture is one's own; by sound alone there is none to speak of."""
    room = customer.get_by_test_id("section-waiting")
    await expect(room.get_by_text("تظهر لك وحدك")).to_be_visible()
    await expect(room.get_by_text("غير مسجّلة")).to_be_visible()
    await expect(by_sound.locator("#waiting-mirror")).to_be_hidden()


async def is_called(customer, *, by):
    """Whoever is called learns it from the tab, a sound and a card over the page."""
    await expect(customer).not_to_have_title(re.compile("جاهز"))
    assert await customer.evaluate("tones") == 0
    await by.get_by_test_id("call-in").click()
    await expect(customer.get_by_test_id("called")).to_be_visible()
    await expect(customer.get_by_test_id("called-who")).to_contain_text("موظف 1")
    await expect(customer).to_have_title(re.compile("جاهز"))
    await customer.wait_for_function("tones > 0")


async def test_whoever_waits_is_told_a_true_time_and_what_staff_say_and_may_ask_for_a_minute(
    browser, tmp_path
):
    async with an_office(tmp_path) as place, phone(browser) as home, desktop(browser, language="en") as desk:
        first = await place.book("first", minutes=-10)
        second = await place.book("second", minutes=6)
        await place.speaks_english(desk)
        one, customer, agent = await home.new_page(), await home.new_page(), await desk.new_page()
        problems = problems_of(customer)
        await customer.add_init_script(COUNT_RINGS)
        await wait_in_line(one, first, choice="sound")
        await wait_in_line(customer, second)
        await says_what_is_private(customer, one)
        when = customer.get_by_test_id("outlook-when")
        await expect(when).to_contain_text("بتوقيت دبي")
        await screenshot(customer, "waiting-calm-ar")
        assert await axe_findings(customer) == []

        # The first one's call goes on beyond its end: the second is told that it is late.
        await sign_in(agent, place.server, "agent")
        await agent.goto(place.url("first"))
        await agent.get_by_test_id("call-in").click()
        await agent.get_by_test_id("confirm-submit").click()
        place.clock.ahead = timedelta(minutes=12)
        await expect(customer.get_by_test_id("outlook-late")).to_contain_text("متأخر", timeout=20_000)
        await screenshot(customer, "waiting-late-ar", full_page=True)

        # Staff say something, in a sentence of ours and in their own words.
        await agent.goto(place.url("second"))
        await agent.get_by_test_id("tell-few_minutes").click()
        told = customer.get_by_test_id("told")
        await expect(told).to_contain_text("بضع دقائق")
        place.clock.ahead += timedelta(seconds=3)
        await agent.get_by_test_id("tell-text").fill("Please bring the blue form")
        await agent.get_by_test_id("tell-send").click()
        await expect(told).to_contain_text("blue form")
        await expect(agent.get_by_test_id("chat")).to_contain_text("blue form")
        await customer.reload()
        await expect(customer.get_by_test_id("told")).to_contain_text("بضع دقائق")
        await expect(when).to_contain_text("بتوقيت دبي")
        await screenshot(customer, "waiting-told-ar", full_page=True)
        await screenshot(agent, "waiting-agent-en", full_page=True)

        # Called, and a minute that holds the call.
        await is_called(customer, by=agent)
        await screenshot(customer, "waiting-called-ar")
        assert await axe_findings(customer) == []
        await customer.get_by_test_id("minute").click()
        await expect(agent.get_by_test_id("minute-asked")).to_be_visible()
        await expect(agent.get_by_test_id("confirm-submit")).to_be_disabled()
        await screenshot(customer, "waiting-minute-ar")
        await screenshot(agent, "waiting-minute-agent-en")
        await customer.get_by_test_id("minute-over").click()
        await agent.get_by_test_id("confirm-submit").click()
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
        assert problems == []


async def test_who_is_away_is_called_in_for_three_minutes_and_then_in_line_again(browser, tmp_path):
    async with (
        an_office(tmp_path) as place,
        phone(browser, language="en") as home,
        desktop(browser) as desk,
    ):
        await place.speaks_english(home)
        link = await place.book("now", minutes=1)
        customer, agent = await home.new_page(), await desk.new_page()
        await wait_in_line(customer, link)
        visit = customer.url
        await customer.goto("about:blank")
        await sign_in(agent, place.server, "agent")
        await expect(agent.get_by_test_id("waiting-row")).to_have_attribute("data-offline", "")
        await agent.goto(place.url("now"))
        await agent.get_by_test_id("summon").click()
        await expect(agent.get_by_test_id("summoned-left")).to_contain_text("2:5")
        await screenshot(agent, "waiting-summoned-agent-ar")

        # Nobody comes: the place in line is kept, and the record says so.
        place.clock.ahead = timedelta(minutes=3, seconds=1)
        await expect(agent.get_by_test_id("summon")).to_be_visible(timeout=15_000)
        timeline = [item.type for item in await place.app[key.SESSIONS].timeline("now")]
        assert timeline[-2:] == ["summoned", "sentToLobby"]

        # They come back while they are called: the card is there at once.
        await agent.get_by_test_id("summon").click()
        await expect(agent.get_by_test_id("summoned-left")).to_be_visible()
        await agent.goto(f"{place.server.base}/agent/")
        await expect(agent.get_by_test_id("summoned")).to_be_visible()
        await screenshot(agent, "waiting-console-summoned-ar")
        await customer.goto(visit)
        await expect(customer.get_by_test_id("called")).to_be_visible()
        await screenshot(customer, "waiting-called-away-en")
        assert await axe_findings(customer) == []
        await agent.goto(place.url("now"))
        await agent.get_by_test_id("call-in").click()
        await agent.get_by_test_id("confirm-submit").click()
        await video_moves(customer.get_by_test_id("remote-tile").locator("video"))
