"""The drawing pad. Its data is untrusted, like everything that comes from a browser."""

import base64
from dataclasses import dataclass

import numpy as np
import streamlit as st

from digitviz.dashboard.components.component import component

SIZE = 280
"""Side length of the pad, in pixels."""
MAX_CHANGES = 2**31
"""Maximum number of changes that a browser may claim."""
EXAMPLE = (
    "214,93 195,101 176,110 156,118 136,122 115,121 94,116 75,107 59,95 64,76 80,62 98,52 118,48 140,48 "
    "160,51 181,56 200,63 215,78 221,98 221,120 216,140 206,158 192,175 175,187 157,197 138,207 126,213"
)
"""Points of a nine that somebody drew in one stroke, in pixels of the pad."""

_CSS = """
.digitviz-pad canvas {
  width: 100%; aspect-ratio: 1; display: block; touch-action: none; cursor: crosshair;
  border: 2px solid color-mix(in srgb, var(--st-text-color) 60%, var(--st-background-color));
  border-radius: var(--st-base-radius); background: var(--st-background-color);
}
.digitviz-pad canvas:focus-visible { outline: 3px solid var(--st-primary-color); }
.digitviz-pad { max-width: max(18rem, 100vh - 16.5rem); }
.digitviz-pad .sheet { position: relative; container-type: inline-size; }
.digitviz-pad .hint {
  position: absolute; inset: auto 0 .3rem; margin: 0; text-align: center; white-space: pre-line; pointer-events: none;
  font-size: min(1.35rem, 7.5cqw); font-weight: 700; line-height: 1.15; color: var(--st-primary-color);
}
.digitviz-pad .tools { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .5rem; align-items: center; }
.digitviz-pad button { padding: .35rem .7rem; min-height: 2.5rem; }
.digitviz-pad button[aria-pressed=true] { background: var(--st-primary-color); color: var(--st-background-color); }
.digitviz-pad label { display: flex; align-items: center; gap: .4rem; flex: 1; }
.digitviz-pad input { width: 100%; min-width: 4rem; accent-color: var(--st-primary-color); }
"""
_component = component("pad", _CSS)


@dataclass(frozen=True, eq=False)
class OnPad:
    """The drawing on a pad.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (280, 280), or None
        255 for ink, 0 elsewhere. None if the browser did not send a valid drawing.
    done : bool
        False while the pen is down.
    is_read : bool
        True if the browser has read the drawing itself.
    number : int
        Number of changes of the ink since the pad was shown, as the browser counts them.
    """

    canvas: np.ndarray | None
    done: bool
    is_read: bool
    number: int


def pad(key: str, example: bool = False) -> OnPad:
    """Show the pad and return the drawing on it. With `example`, it shows an example until the visitor draws."""
    now = on_pad(key)
    given, bits = st.session_state.get(f"{key}_put", (0, ""))
    data = {"put": given, "bits": bits if now.canvas is not None else ""}
    if example and not bits:
        data["example"] = EXAMPLE
    _component(key=key, data=data, on_ink_change=lambda: None)
    return now


def on_pad(key: str) -> OnPad:
    """Return the drawing on a pad as the browser last sent it, also in a callback."""
    given, bits = st.session_state.get(f"{key}_put", (0, ""))
    drawn = (st.session_state.get(key) or {}).get("ink")
    if not isinstance(drawn, dict) or drawn.get("put") != given:  # drawn before `put` last set the picture
        drawn = {"bits": bits}
    bits = drawn.get("bits")
    count = drawn.get("number")
    number = count if type(count) is int and 0 <= count <= MAX_CHANGES else 0
    picture = unpack(bits) if bits != "" else np.zeros((SIZE, SIZE), np.uint8)
    if picture is not None:
        st.session_state[f"{key}_put"] = (given, bits)  # the component loses its own state when the visitor leaves
    return OnPad(picture, drawn.get("done") is not False, drawn.get("read") is True, number)


def pad_with_button(key: str, label: str) -> np.ndarray | None:
    """Show a pad whose drawing stays in the browser until a button is pressed.

    The pad first shows an example, until the visitor draws.

    Parameters
    ----------
    label : str
        Text of the button.

    Returns
    -------
    ndarray of uint8, shape (280, 280), or None
        The drawing, in the run after the button was pressed. None otherwise, and if the browser sent no valid drawing.
    """
    data = {"put": 0, "bits": "", "take": label, "example": EXAMPLE}
    taken = _component(key=key, data=data, on_taken_change=lambda: None).taken
    return None if taken is None else unpack(taken)


def drawn(key: str) -> np.ndarray | None:
    """Return the drawing on a pad, even if the pad is not shown. None if it has no ink.

    Returns
    -------
    ndarray of uint8, shape (280, 280), or None
        Same as from `pad`.
    """
    picture = unpack(st.session_state.get(f"{key}_put", (0, ""))[1])
    return picture if picture is not None and picture.any() else None


def put(key: str, picture: np.ndarray) -> None:
    """Replace the picture on the pad. Undo restores the previous one.

    Parameters
    ----------
    picture : ndarray, shape (280, 280)
        Ink for every pixel that is not 0.
    """
    number = st.session_state.get(f"{key}_put", (0, ""))[0]
    st.session_state[f"{key}_put"] = (number + 1, pack(picture))


def pack(picture: np.ndarray) -> str:
    """Encode ink as text, one bit per pixel."""
    return base64.b64encode(np.packbits(picture != 0).tobytes()).decode()


def unpack(text: object) -> np.ndarray | None:
    """Decode ink that a browser sent. Return None if it is invalid."""
    if not isinstance(text, str) or len(text) != 4 * -(-SIZE * SIZE // 24):
        return None
    try:
        packed = base64.b64decode(text, validate=True)
    except ValueError:  # not base64, or not even ASCII
        return None
    if len(packed) != SIZE * SIZE // 8:
        return None
    return np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(SIZE, SIZE) * np.uint8(255)
