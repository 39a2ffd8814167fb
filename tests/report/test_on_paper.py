"""The report as people see it: in Chromium, on a screen of any width, and on A4."""

import re

import pytest

A4_CONTENT_PX = 680  # 180 mm between the margins at 96 dpi


@pytest.fixture
def saved(superstore, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(superstore.html, encoding="utf-8")
    return path


def open_quietly(page, path):
    """Open the file; the list fills with whatever goes wrong or goes out."""
    noticed = []
    page.on("console", lambda message: noticed.append(message.text))
    page.on("request", lambda request: noticed.append(request.url))
    page.goto(path.as_uri())
    return [seen for seen in noticed if seen != path.as_uri()]


def test_it_opens_without_a_request_or_a_complaint(page, saved):
    assert open_quietly(page, saved) == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_width_makes_the_page_scroll_sideways(page, saved, width):
    page.set_viewport_size({"width": width, "height": 800})
    open_quietly(page, saved)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_on_several_pages_of_a4(page, saved):
    open_quietly(page, saved)
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 3
    boxes = set(re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}


def test_nothing_is_wider_than_the_paper(page, saved):
    page.set_viewport_size({"width": A4_CONTENT_PX, "height": 1000})
    page.emulate_media(media="print")
    open_quietly(page, saved)
    wide = page.evaluate(
        "(limit) => [...document.querySelectorAll('table, svg, .cards, .facts, p')]"
        ".filter(e => e.getBoundingClientRect().right > limit + 1)"
        ".map(e => e.outerHTML.slice(0, 200))",
        A4_CONTENT_PX,
    )
    assert wide == []


def test_drawings_and_text_stand_out_by_day_and_by_night(page, saved):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, media="screen")
        open_quietly(page, saved)
        assert page.evaluate(FAINT) == []


def test_axe_finds_nothing(page, saved):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, media="screen")
        open_quietly(page, saved)
        found = axe.run(page)
        assert found.violations_count == 0, found.generate_report()


# Text of drawings against the page behind it, by the contrast of WCAG 2.
FAINT = """() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const ratio = (colour) => {
    const [a, b] = [light(colour), ground].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  return [...document.querySelectorAll('svg text, p, li, td, th, dt, dd, figcaption')]
    .map(e => [e, e.ownerSVGElement ? getComputedStyle(e).fill : getComputedStyle(e).color])
    .filter(([, colour]) => ratio(colour) < 4.5)
    .map(([e, colour]) => `${colour} ${e.textContent.slice(0, 40)}`);
}"""
