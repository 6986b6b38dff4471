from __future__ import annotations

import io
import ipaddress
import socket

from PIL import Image
from streamlit.testing.v1 import AppTest

from digitviz.dashboard.components.invitation import address_on_network, qr_code
from tests.pages.reading import words_on


def test_the_address_is_one_of_this_machine():
    address = address_on_network()
    assert ipaddress.ip_address(address) or address == socket.gethostname()
    with socket.socket() as here:
        here.bind((address, 0))  # binding only works for an address of this machine


def test_the_code_is_a_picture_large_enough_for_a_projector():
    picture = Image.open(io.BytesIO(qr_code("http://192.0.2.7:8501")))
    assert picture.width == picture.height >= 250


def test_only_a_dashboard_that_is_open_to_the_network_invites(monkeypatch):
    import streamlit as st

    page = AppTest.from_file("../../../app.py").run()
    assert "Join in" not in words_on(page)
    options = {"server.address": "0.0.0.0", "server.port": 8765}
    get_option = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: options.get(name) or get_option(name))
    page.run()
    assert "Join in" in page.markdown[0].value
    assert page.markdown[1].value.endswith(":8765")
    assert "without a password" in page.caption[0].value
