"""Push: what the markets do, sent to whoever has subscribed, a message encoded once for all of them."""
