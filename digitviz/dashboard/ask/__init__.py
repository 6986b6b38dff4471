"""Ask: questions in the words of pupils, each with the place on a page that answers it."""
