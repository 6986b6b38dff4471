"""Message catalogues for gettext: the translations of every text on the pages."""
