"""The invitation for a class on the start page: the dashboard's URL on the local network."""

import io
import socket

import streamlit as st

from digitviz.language import gettext as _

EVERYWHERE = "0.0.0.0"


def address_on_network() -> str:
    """Return this machine's address on the local network.

    Ask the system for the route it would use. Nothing is sent.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            way_out.connect(("192.0.2.1", 9))  # an address reserved for documentation
            return str(way_out.getsockname()[0])
        except OSError:
            return socket.gethostname()


def qr_code(text: str) -> bytes:
    """Return a QR code as a PNG, large enough to scan from a projector."""
    import segno

    file = io.BytesIO()
    segno.make(text, micro=False).save(file, kind="png", scale=10, border=3)
    return file.getvalue()


def invitation() -> None:
    """Show the URL for the class and its QR code if the dashboard is open to the network. Otherwise show nothing."""
    if st.get_option("server.address") != EVERYWHERE:
        return
    url = f"http://{address_on_network()}:{st.get_option('server.port')}"
    with st.container(border=True, key="class"):
        code, words = st.columns([1, 2], vertical_alignment="center", gap="large")
        code.image(qr_code(url), width=300)
        words.markdown(_("**Join in:** open this address, or scan the QR code with a phone."))
        with words.container(key="address"):
            st.markdown(url)
        words.caption(
            _(
                "Everyone on this network can open this dashboard and train on this machine without a password. Stop "
                "the server when the lesson ends."
            )
        )
