"""An agent who looks at something else is told of arrivals: by a notification that names nobody."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.support.browser import axe_findings, desktop, phone, problems_of, screenshot
from tests.support.office import an_office
from tests.support.visits import sign_in, wait_in_line

# The desktop's notifications, written down instead of shown; and a tab that can be told it is out of sight.
_DESKTOP = """
  window.notices = [];
  window.Notification = class extends EventTarget {
    static permission = 'default';
    static async requestPermission() { return (this.permission = 'granted'); }
    constructor(title, options) {
      super();
      document.documentElement.dataset.notices = window.notices.push({ title, ...options });
    }
    close() {}
  };
  window.outOfSight = false;
  Object.defineProperty(document, 'hidden', { get: () => window.outOfSight });
"""


@pytest.mark.parametrize(
    ("language", "title", "on"),
    [("ar", "متعامل في الانتظار", "يعمل"), ("en", "A customer is waiting", "arrival: on")],
)
async def test_an_arrival_is_told_in_the_background_once_it_was_allowed(
    browser, tmp_path, language, title, on
):
    async with an_office(tmp_path) as place, phone(browser) as home, desktop(browser) as desk:
        if language == "en":
            await place.speaks_english(desk)
        await desk.add_init_script(_DESKTOP)
        first, second = await place.book("first", minutes=1), await place.book("second", minutes=1)
        agent, one, other = await desk.new_page(), await home.new_page(), await home.new_page()
        problems = problems_of(agent)
        await sign_in(agent, place.server, "agent")
        button = agent.get_by_test_id("arrival-notify")
        await expect(button).to_have_attribute("aria-pressed", "false")
        await button.click()
        await expect(button).to_contain_text(on)
        await screenshot(agent, f"arrival-notice-{language}")
        assert await axe_findings(agent) == []

        # In sight the page itself says it.
        await wait_in_line(one, first, choice="sound")
        await expect(agent.get_by_test_id("waiting-row")).to_have_count(1)
        assert await agent.evaluate("notices") == []

        await agent.evaluate("outOfSight = true; document.dispatchEvent(new Event('visibilitychange'))")
        await wait_in_line(other, second, choice="sound")
        await expect(agent.locator("html")).to_have_attribute("data-notices", "1", timeout=15_000)
        [notice] = await agent.evaluate("notices")
        assert notice["title"] == title
        assert (notice["lang"], notice["dir"]) == (language, "rtl" if language == "ar" else "ltr")
        assert "متعامل 1" not in str(notice)
        assert problems == []
