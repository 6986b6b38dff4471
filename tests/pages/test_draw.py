from __future__ import annotations

import base64
import io
import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitviz import load_pretrained, project, read, to_digit
from digitviz.dashboard.components.pad import pack, unpack
from digitviz.dashboard.session import saved_drawings
from digitviz.drawing import Drawing, rasterise
from digitviz.drawing.picture import canvas_from_digit, shrink
from digitviz.drawing.prediction import percent
from digitviz.projections import METHODS
from tests.pages.reading import take_home
from tests.store.made import kept_drawing
from tests.waiting import wait_until

ITEMS = json.loads((Path(__file__).parents[1] / "data" / "strokes.json").read_text())["items"]
READER = "digitviz_reader"
SEVEN = next(item for item in ITEMS if item["label"] == 7)


@pytest.fixture
def page() -> AppTest:
    page = AppTest.from_file("../../app.py", default_timeout=60)
    page.switch_page("pages/draw.py").run()
    assert not page.exception
    return page


def draw(page: AppTest, canvas: np.ndarray, done: bool = True, **sent: object) -> None:
    put, _ = page.session_state.get("pad_put", (0, ""))
    page.session_state["pad"] = {"ink": {"put": put, "bits": pack(canvas), "done": done, **sent}}
    page.run()
    assert not page.exception


def canvas_of(item) -> np.ndarray:
    return rasterise(item["strokes"], width=item["brush"])


def drawn_on_the_pad(item) -> Drawing:
    """Return the drawing as it arrives: one bit per pixel."""
    return to_digit(unpack(pack(canvas_of(item))))


def words_on(page: AppTest) -> str:
    shown = [element.proto.json for element in page.get("bidi_component") if '"instead"' in element.proto.json]
    return " ".join([*(part.value for part in [*page.markdown, *page.caption]), answer_on(page)["words"], *shown])


def parts_on(page: AppTest) -> list[dict]:
    """Return the data of the parts of the page that the browser may replace by its own reading."""
    protos = [element.proto for element in page.get("bidi_component") if element.proto.component_name == READER]
    return [json.loads(proto.json) for proto in protos if proto.json]


def answer_on(page: AppTest) -> dict:
    """Return the server's own reading, which a browser shows until it reads itself."""
    return next(said for said in parts_on(page) if said["form"] == "answer")


def test_before_the_first_stroke_there_are_only_the_pad_and_what_a_network_makes_of_nothing(page):
    empty = answer_on(page)
    assert (empty["digit"], empty["empty"]) == ("", True)
    assert empty["words"] == ""
    assert [button.key for button in page.main.button] == ["read_blank", "load_digit"]
    assert not [*page.metric, *page.main.header, *page.main.markdown, *page.main.caption]
    assert set(page.session_state["frames"]) == {"bars_reader", "reader_network"}  # empty bars
    assert not any(probabilities_on(page))
    draw(page, canvas_of(SEVEN))
    assert answer_on(page)["digit"] == "7"
    draw(page, np.zeros((280, 280)))
    assert answer_on(page) == empty
    assert not [*page.main.markdown, *page.main.caption]


def test_a_drawing_is_read_with_all_that_led_to_it(page):
    draw(page, canvas_of(SEVEN))
    assert (answer_on(page)["whose"], answer_on(page)["digit"]) == (None, "7")
    frames = page.session_state["frames"]
    assert {"stages", "digit", "hidden", "bars_reader", "arguments", "nearest", "map"} <= set(frames)
    assert "Why 7 and not" in words_on(page)


def probabilities_on(page: AppTest) -> list[float]:
    """Return the lengths of the bars."""
    return unpacked(frame_of(page, "bars_reader")["data"][0]["x"])


def unpacked(values: dict[str, str]) -> list[float]:
    """Return the numbers of an array in a picture."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


PICTURES = ("stages", "digit", "hidden", "bars_reader")


def test_a_blank_page_is_read_when_asked_and_the_page_says_not_sure(page):
    assert not any("Not sure" in block.value for block in page.markdown)
    page.button("read_blank").click().run()
    assert any(block.value.startswith("**Not sure.** There is no ink") for block in page.markdown)
    assert "it is 10% sure of every digit" in page.main.caption[0].value
    assert probabilities_on(page) == pytest.approx([0.1] * 10)
    draw(page, canvas_of(SEVEN))
    assert not any("Not sure" in block.value for block in page.markdown)


def test_an_address_asks_for_the_reading_of_a_blank_page():
    page = AppTest.from_file("../../app.py", default_timeout=60)
    page.query_params["blank"] = "yes"
    page.switch_page("pages/draw.py").run()
    assert not page.exception
    assert any("Not sure" in block.value for block in page.markdown)
    assert "blank" not in page.query_params


def test_a_browser_that_reads_itself_always_gets_the_same_pictures_of_an_empty_canvas(page):
    draw(page, canvas_of(SEVEN), read=True)
    empty = [frame_of(page, key) for key in PICTURES]
    assert empty[1]["data"][1]["text"] == ["0"] * 64
    draw(page, canvas_of(ITEMS[0]), read=True)
    assert [frame_of(page, key) for key in PICTURES] == empty
    assert answer_on(page)["digit"] == str(ITEMS[0]["label"])  # the server has read it, too
    assert "Why 0 and not" in words_on(page)
    draw(page, canvas_of(ITEMS[0]))
    for key, blank in zip(PICTURES, empty, strict=True):
        assert frame_of(page, key)["data"] != blank["data"]
        assert frame_of(page, key)["layout"]["meta"]["follows"] == blank["layout"]["meta"]["follows"]


def test_three_networks_side_by_side_are_read_by_the_server_alone(page):
    page.segmented_control("who").set_value("all").run()
    draw(page, canvas_of(SEVEN), read=True)
    assert not any("follows" in frame_of(page, key)["layout"]["meta"] for key in PICTURES)
    assert (answer_on(page)["whose"], answer_on(page)["digit"]) == ("Ready-made", "7")


def test_the_number_of_the_drawing_is_told_back_if_it_is_one(page):
    for number in (7, 0, -1, True, 1.5, "3", None, 2**31 + 1, [1], float("nan")):
        draw(page, canvas_of(SEVEN), number=number)
        told = 7 if number == 7 else 0
        assert [part["number"] for part in parts_on(page) if part["form"] == "end"] == [told], number


def test_the_terms_of_the_page_are_links_to_their_sentences(page):
    assert not page.get("html")[1:]  # the first is the page's style
    draw(page, canvas_of(SEVEN))
    [shown] = [element.proto.body for element in page.get("html") if "digitviz-terms" in element.proto.body]
    assert shown.count('<a href="#term-') == shown.count("<span popover=") == 4
    assert '<a href="#term-logits">' in shown


def star_of(page: AppTest) -> tuple[float, float]:
    """Wait until the map is drawn, and return the position of the star."""

    wait_until(lambda: not any(thread.name == "digitviz-maps" for thread in threading.enumerate()))

    def drawn() -> bool:
        page.run()
        assert not page.exception
        return any(trace.get("name") == "your drawing" for trace in frame_of(page, "map")["data"])

    wait_until(drawn)
    star = next(trace for trace in frame_of(page, "map")["data"] if trace.get("name") == "your drawing")
    return unpacked(star["x"])[0], unpacked(star["y"])[0]


def frame_of(page: AppTest, key: str) -> dict:
    return json.loads(page.session_state["frames"][key][1])["figure"]


def test_the_star_lies_where_pca_puts_the_drawing(page, mapped):
    draw(page, canvas_of(SEVEN))
    placed = project(mapped.pixels, "pca").place(drawn_on_the_pad(SEVEN).row).coordinates[0]
    np.testing.assert_allclose(star_of(page), placed)
    assert "two principal components. The star is your drawing." in words_on(page)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "pca"])
@pytest.mark.sampled(5)
def test_the_star_lands_on_a_map_of_the_readers_choice(page, method):
    draw(page, canvas_of(SEVEN))
    in_pca = star_of(page)
    page.segmented_control("star_method").set_value(method).run()
    assert answer_on(page)["digit"] == "7"  # the answer does not wait for the map
    assert star_of(page) != in_pca
    assert ("Its position is approximate" in words_on(page)) == (method in ("mds", "tsne"))


def test_the_star_lands_where_the_network_has_the_drawing(page, mapped):
    draw(page, canvas_of(SEVEN))
    page.toggle("star_hidden").set_value(True).run()
    hidden = load_pretrained().hidden(mapped.pixels)[-1]
    row = load_pretrained().hidden(drawn_on_the_pad(SEVEN).row)[-1]
    np.testing.assert_allclose(star_of(page), project(hidden, "pca").place(row).coordinates[0])
    assert "as the hidden layer sees them" in words_on(page)


def test_while_the_pen_is_down_only_the_quick_part_is_drawn(page):
    draw(page, canvas_of(SEVEN), done=False)
    assert answer_on(page)["digit"] == "7"
    assert "map" not in page.session_state["frames"]


def test_what_is_no_digit_is_read_but_doubted(page):
    scribble = rasterise([[(20 + 12 * i, 40 if i % 2 else 240) for i in range(20)]])
    draw(page, scribble)
    assert answer_on(page)["digit"] in "0123456789"
    assert "but do not trust that." in words_on(page)


def test_of_a_dot_the_page_says_one_thing(page):
    dot = rasterise([[(140, 140)]])
    draw(page, dot)
    shown = percent(read(to_digit(unpack(pack(dot))), load_pretrained()).confidence)
    sentence = f"The network gives it {shown}, but do not trust that. This is only a dot: draw a larger digit."
    assert answer_on(page)["words"] == sentence
    assert not re.search(r"\bsure\b|Most do", words_on(page))
    open_demo(page)
    assert "Neither answer can be trusted. This is only a dot" in words_on(page)
    assert answer_on(page)["whose"] is None


def test_a_drawing_that_is_marked_as_another_digit_has_fooled_the_network(page):
    draw(page, canvas_of(SEVEN))
    page.button_group("shows").set_value(7).run()
    assert "You fooled it" not in words_on(page)
    page.button_group("shows").set_value(1).run()
    assert "You fooled it: you drew a 1, and it says 7." in words_on(page)
    draw(page, canvas_of(ITEMS[0]))  # Clear and a new drawing may arrive as one change
    assert page.button_group("shows").value == 1
    assert "You fooled it" not in words_on(page)
    page.button_group("shows").set_value(9).run()
    assert "You fooled it: you drew a 9" in words_on(page)


def test_the_readers_can_be_switched_and_put_side_by_side(page):
    draw(page, canvas_of(SEVEN))
    page.segmented_control("who").set_value("untrained").run()
    assert "bars_untrained" in page.session_state["frames"]
    page.segmented_control("who").set_value("yours").run()
    assert "is not trained yet" in words_on(page)
    page.segmented_control("who").set_value("all").run()
    assert not page.exception
    assert "**Ready-made** reads 7" in words_on(page)
    assert "**Untrained** reads" in words_on(page)


def test_the_network_trained_in_this_session_reads(page, digits):
    draw(page, canvas_of(SEVEN))
    assert page.session_state["who"] == "reader"
    assert "Ready-made" in page.segmented_control("who").options
    run = page.session_state["job"].run
    run.advance(20_000)
    page.run()
    assert page.session_state["who"] == "yours"
    page.segmented_control("who").set_value("reader").run()
    page.query_params["who"] = "yours"  # the link on Train, after a training
    page.run()
    assert page.session_state["who"] == "yours"
    assert answer_on(page)["digit"] == "7"
    assert "after 20,000 steps" in words_on(page)


def test_who_was_chosen_to_read_goes_on_reading_after_a_training(page):
    page.segmented_control("who").set_value("untrained").run()
    page.session_state["job"].run.advance(500)
    page.run()
    assert page.session_state["who"] == "untrained"


def open_demo(page: AppTest) -> None:
    page.session_state["demo"] = True
    page.run()
    assert not page.exception


def test_what_demo_apps_do_stands_beside(page):
    small = np.zeros((280, 280), np.uint8)
    small[180:260, 180:260] = canvas_of(SEVEN)[::4, ::4][:70, :70].repeat(2, 0).repeat(2, 1)[:80, :80]
    draw(page, small)
    assert "With the canvas just shrunk to 8 × 8" not in words_on(page)  # nothing is computed until it is opened
    open_demo(page)
    assert "With the canvas just shrunk to 8 × 8" in words_on(page)
    assert "This drawing gets a different answer when the canvas is just shrunk." in words_on(page)


def test_where_demo_apps_read_a_drawing_alike_the_page_says_so(page):
    for item in ITEMS:
        canvas = canvas_of(item)
        prediction, naive = (
            read(to_digit(canvas), load_pretrained()),
            load_pretrained().predict(shrink(canvas).reshape(1, 64)),
        )
        if prediction.label == naive and not prediction.unlike_training_data:
            break
    draw(page, canvas)
    open_demo(page)
    assert "This drawing gets the same answer both ways." in words_on(page)


def test_a_blank_page_is_put_on_the_pad_and_the_answer_to_it_is_called_nonsense(page):
    draw(page, canvas_of(SEVEN))
    file = io.BytesIO()
    Image.new("L", (300, 300), 250).save(file, "PNG")
    upload(page, "blank.png", file.getvalue())
    assert "No ink" in page.error[0].value
    assert answer_on(page)["empty"]
    page.button("read_blank").click().run()
    assert "An empty page gives this network only zeros" in words_on(page)


def test_a_digit_of_the_data_set_is_put_on_the_pad_and_read(page, digits):
    page.number_input("digit_number").set_value(14).run()
    page.button("load_digit").click().run()
    assert not page.exception
    number, bits = page.session_state["pad_put"]
    assert number == 1
    np.testing.assert_array_equal(unpack(bits), canvas_from_digit(digits.images[13]))
    assert answer_on(page)["digit"] == str(digits.labels[13])
    draw(page, canvas_of(SEVEN))  # a later drawing replaces it
    assert answer_on(page)["digit"] == "7"


def upload(page: AppTest, name: str, file: bytes, kind: str = "image/png") -> None:
    page.file_uploader("upload").set_value((name, file, kind)).run()
    assert not page.exception


def test_a_photo_of_a_digit_is_put_on_the_pad_and_read(page):
    paper = np.where(canvas_of(SEVEN) > 0, 40, 230).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(paper).save(file, "PNG")
    upload(page, "seven.png", file.getvalue())
    assert answer_on(page)["digit"] == "7"


@pytest.mark.parametrize(
    ("file", "words"), [(b"a text renamed to png", "not a picture"), (b"", "empty")], ids=["text", "empty"]
)
def test_a_bad_file_is_answered_with_a_sentence(page, file, words):
    upload(page, "digit.png", file)
    assert words in page.error[0].value


def test_a_huge_picture_is_answered_with_a_sentence(page):
    file = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(file, "PNG")
    upload(page, "huge.png", file.getvalue())
    assert "10,000 × 10,000" in page.error[0].value


def test_anything_else_from_the_pad_is_explained(page):
    for sent in ("x", {"put": 0, "bits": "<b>"}, {"put": 0, "bits": 5}, {"put": "a"}, [1, 2]):
        page.session_state["pad"] = {"ink": sent}
        page.run()
        assert not page.exception, sent
        assert page.error or answer_on(page)["empty"], sent


def test_drawings_are_saved_counted_and_downloaded(page):
    for item in ITEMS[:3]:
        draw(page, canvas_of(item))
        page.pills("shows").set_value(item["label"]).run()
        page.button("keep").click().run()
        assert not page.exception
    kept = page.session_state["saved_drawings"]
    assert [drawing.label for drawing in kept] == [item["label"] for item in ITEMS[:3]]
    right = sum(drawing.answer == drawing.label for drawing in kept)
    assert f"**{right}** correct, **{3 - right}** misclassified" in words_on(page)
    assert answer_on(page)["empty"]  # the pad is ready for the next drawing
    file = take_home(page, "download_digitviz-drawings.npz")
    with np.load(io.BytesIO(file.content), allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == [drawing.label for drawing in kept]
    file = take_home(page, "download_digitviz-drawings.png")
    assert (file.name, file.mime, file.content[:4]) == ("digitviz-drawings.png", "image/png", b"\x89PNG")


def test_a_stroke_that_comes_together_with_the_click_is_saved(page):
    draw(page, canvas_of(ITEMS[0]))
    page.pills("shows").set_value(7).run()
    page.session_state["pad"] = {"ink": {"put": 0, "bits": pack(canvas_of(SEVEN)), "done": True}}
    page.button("keep").click().run()
    assert not page.exception
    np.testing.assert_array_equal(page.session_state["saved_drawings"][0].digit, drawn_on_the_pad(SEVEN).digit.ravel())


def open_more_settings(page):
    page.switch_page("pages/train.py").run()
    page.session_state["more_settings"] = True
    page.run()


def test_one_can_train_on_ones_own_drawings(page, digits):
    draw(page, canvas_of(SEVEN))
    page.pills("shows").set_value(7).run()
    page.button("keep").click().run()
    open_more_settings(page)
    page.toggle("material_drawings").set_value(True).run()
    assert not page.exception
    run = page.session_state["job"].run
    assert len(run.train) == 1618
    np.testing.assert_array_equal(run.train.pixels[0], page.session_state["saved_drawings"][0].digit)


@pytest.mark.parametrize(("source", "count"), [("handwriting", 5400), ("both", 7017)])
def test_one_can_train_on_handwriting(page, source, count):
    open_more_settings(page)
    page.selectbox("material_source").set_value(source).run()
    assert not page.exception
    assert len(page.session_state["job"].run.train) == count
    page.switch_page("pages/draw.py").run()
    assert "The server reads" not in words_on(page)  # but the ready-made network is read in the browser
    page.segmented_control("who").set_value("yours").run()
    assert "The server reads your drawing" in words_on(page)


def test_one_can_practise_on_distorted_copies(page):
    open_more_settings(page)
    page.toggle("material_distorted").set_value(True).run()
    assert not page.exception

    def ready() -> bool:
        page.run()
        return len(page.session_state["job"].run.train) == (1 + 2) * 1617

    wait_until(ready)
    assert len(page.session_state["job"].run.test) == 180


def test_the_saved_drawings_are_packed_whole(digits):
    canvas, reader = canvas_of(SEVEN), load_pretrained()
    kept = [
        kept_drawing(
            ink=np.packbits(canvas != 0).tobytes(),
            digit=tuple(digits.pixels[i]),
            label=i,
            probabilities=tuple(reader.predict_proba(digits.pixels[i : i + 1])[0]),
        )
        for i in range(3)
    ]
    arrays = np.load(io.BytesIO(saved_drawings.npz(kept)), allow_pickle=False)
    assert arrays["images"].shape == (3, 280, 280)
    np.testing.assert_array_equal(arrays["digits"], digits.images[:3])
    assert arrays["labels"].tolist() == [0, 1, 2]
    assert Image.open(io.BytesIO(saved_drawings.png(kept))).size == (1400, 140)
