"""What the tests share: forms that were filled in and sent back in many ways, servers, browsers, records."""
