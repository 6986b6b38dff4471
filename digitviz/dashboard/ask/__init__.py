"""Ask: pupils' questions in their own words, each with the place on a page that answers it."""
