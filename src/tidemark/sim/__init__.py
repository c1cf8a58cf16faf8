"""The local exchange: Bybit v5 and Binance USD-M on 127.0.0.1, from a recording or a seeded generator."""
