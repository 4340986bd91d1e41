"""Page objects: bytes, headers and an address in, what the page says out. Pure: no network, no engine, no clock."""
