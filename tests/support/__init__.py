"""What the tests share: servers on a real socket, runs and files made for them."""
