"""Catalogues of gettext: the messages in other languages."""
