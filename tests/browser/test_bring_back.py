"""Exporting files in one browser and importing them in another."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Visits, go_on_to, on_page, open_box, wait_until_settled
from tests.browser.test_training_live import press
from tests.fuzz.imports import drawings_npz
from tests.waiting import wait_until


def headline(page: Page) -> str:
    return page.locator(".st-key-test_accuracy").inner_text()


def test_weights_are_taken_home_and_brought_back_on_a_fresh_page_which_refuses_a_pickle_and_drawings_are_shown(
    open_page, tmp_path
):
    settings = "batches=3&steps_per_batch=100&hidden=20&learning_rate=0.01&optimizer=adam&gradient=exact"
    page = open_page(f"train?{settings}", "low")
    page.locator(".st-key-train button").click()
    wait_until(lambda: "finished" in headline(page))
    accuracy = re.search(r"[\d.]+%", headline(page)).group()
    open_box(page, "Downloads")
    with page.expect_download() as download:
        page.locator(".st-key-download_weights button").first.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)

    entries = page.evaluate("history.length")
    press(page, "reset")
    expect(page).not_to_have_url(re.compile("run="))
    wait_until(lambda: "not started" in headline(page))
    assert page.evaluate("history.length") == entries, "back leads to no address of a run that is not shown"
    go_on_to(page, "/runs")
    page.get_by_role("button", name="Open", exact=True).click()  # the run that was reset
    wait_until(lambda: "finished" in headline(page))

    fresh = open_page("train", "low")
    open_box(fresh, "Import")
    place = fresh.locator(".st-key-bring_back input[type=file]")
    (tmp_path / "huge.npz").write_bytes(bytes(21_000_000))
    place.set_input_files(tmp_path / "huge.npz")
    uploader = fresh.locator("[data-testid=stFileUploader]:has([aria-invalid=true])")
    assert "was not accepted" in uploader.evaluate("each => getComputedStyle(each, '::after').content")
    fresh.get_by_role("button", name="Remove huge.npz").click()
    (tmp_path / "weights.pt").write_bytes(b"\x80\x04.")
    place.set_input_files(tmp_path / "weights.pt")
    expect(on_page(fresh, "This file is a pickle")).to_be_visible()  # where it was put
    fresh.get_by_role("button", name="Remove weights.pt").click()
    expect(on_page(fresh, "This file is a pickle")).to_have_count(0)

    place.set_input_files(file)
    said = fresh.locator(".st-key-messages")
    expect(said).to_contain_text(f"Trained weights from {file.name}. Train continues from them")
    wait_until(lambda: accuracy in headline(fresh))
    assert "not started" in headline(fresh)
    expect(fresh.locator(".st-key-hp_hidden_1")).to_contain_text("20")
    fresh.locator(".st-key-step button").click()
    wait_until(lambda: "step 1 of 300" in headline(fresh))
    press(fresh, "reset")
    expect(said).to_contain_text("Train continues from them")
    wait_until(lambda: accuracy in headline(fresh))

    go_on_to(fresh, "/draw")
    fresh.set_viewport_size(SIZES["desktop"]["viewport"])
    open_box(fresh, "Use a digit of the data set, a photo, or saved drawings")
    (tmp_path / "drawings.npz").write_bytes(drawings_npz())
    fresh.locator(".st-key-bring_drawings input[type=file]").set_input_files(tmp_path / "drawings.npz")
    expect(on_page(fresh, "2 drawings imported.")).to_be_visible()
    expect(fresh.get_by_role("heading", name="Your drawings")).to_be_visible()
    fresh.locator(".st-key-tray .digitviz-plot .main-svg").first.wait_for()


SENDING = """async ([address, token, megabytes]) => {
  const file = new FormData();
  file.append("file", new Blob([new Uint8Array(megabytes * 1e6)]), "weights.npz");
  const answer = await fetch(address, {method: "PUT", body: file, headers: {"X-Xsrftoken": token}});
  return [answer.status, await answer.text()];
}"""


@pytest.mark.thorough
def test_a_tab_sends_any_number_of_files_that_are_read_and_few_that_are_not(browser, server, tmp_path):
    visits = Visits(browser, server, may_complain=True)  # a browser logs every refused request to the console
    page = visits("train")
    open_box(page, "Import")
    for number in range(4):  # twice the upload limit of a tab
        (tmp_path / f"{number}.npz").write_bytes(bytes(19_000_000))
        with page.expect_response(lambda answer: answer.request.method == "PUT") as answer:
            page.locator(".st-key-bring_back input[type=file]").set_input_files(tmp_path / f"{number}.npz")
        assert answer.value.status == 204
        page.get_by_role("button", name=f"Remove {number}.npz").wait_for()
        wait_until_settled(page)
        expect(on_page(page, "This is not a file of weights")).to_be_visible()
    sent = answer.value.request
    session, token = sent.url.rpartition("/")[0], sent.headers["x-xsrftoken"]
    answers = [page.evaluate(SENDING, [f"{session}/file{number}", token, 19]) for number in range(4)]
    assert [status for status, _ in answers] == [204, 204, 413, 413]
    expect(page.locator(".st-key-notices")).to_contain_text("Your file was not accepted: you are sending more files")
    visits.end()
