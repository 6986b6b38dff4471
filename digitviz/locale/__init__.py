"""What a person reads in other languages, as catalogues of gettext."""
