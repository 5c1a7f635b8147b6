"""What a real browser does with protected pages: Chromium against a loopback internet."""
