"""What every request passes on its way out, and every answer on its way in: gate, robots.txt, WARC."""
