"""Opens reports in headless Chromium, at two widths and in both colour schemes.

usage: browser.py CHROMIUM PICTURES REPORT.html...

Fails on a console error, on any request but for the file itself, on a chart without a visible box,
and on a page that is wider than its window.
"""

import pathlib
import sys

from playwright.sync_api import sync_playwright

WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")


def look(browser, report, width, scheme, pictures):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, device_scale_factor=1
    )
    page = context.new_page()
    complaints = []
    address = report.resolve().as_uri()
    page.on("console", lambda message: complaints.append(f"console: {message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))

    def requested(request):
        if request.url != address and not request.url.startswith("data:"):
            complaints.append(f"request: {request.url}")

    page.on("request", requested)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    where = f"{report.name} at {width} in {scheme}"
    assert not complaints, f"{where}: {complaints}"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{where}: {wide} pixels wide"
    charts = [chart for chart in page.query_selector_all("svg.chart") if chart.is_visible()]
    assert len(charts) >= 2, f"{where}: {len(charts)} charts are seen"
    for chart in charts:
        box = chart.bounding_box()
        name = chart.get_attribute("aria-label")
        assert box and box["width"] >= 240 and box["height"] >= 30, f"{where}: {name}: {box}"
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, f"{where}: {name}: {box}"
        assert name, f"{where}: a chart without words"
    lines = page.eval_on_selector_all(
        "svg.chart .line",
        "all => all.filter(one => one.getBoundingClientRect().width > 20).length",
    )
    assert lines >= 1, f"{where}: no line is drawn"
    ink, paper = page.evaluate(
        "() => { const style = getComputedStyle(document.body); return [style.color, style.backgroundColor] }"
    )
    dark = brightness(paper) < 0.5
    assert dark == (scheme == "dark"), f"{where}: paper {paper}"
    assert abs(brightness(ink) - brightness(paper)) > 0.6, f"{where}: {ink} on {paper}"
    picture = pictures / f"{report.stem}-{width}-{scheme}.png"
    page.screenshot(path=picture, full_page=True)
    context.close()


def brightness(colour):
    red, green, blue = (int(part) / 255 for part in colour[4:-1].split(",")[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def main():
    chromium, pictures, *reports = sys.argv[1:]
    pictures = pathlib.Path(pictures)
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        # CI runs as root, where Chromium's sandbox cannot be had.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for report in map(pathlib.Path, reports):
            for width in WIDTHS:
                for scheme in SCHEMES:
                    look(browser, report, width, scheme, pictures)
        browser.close()


main()
