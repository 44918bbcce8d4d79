"""Django's PostgreSQL backend with connections that are looked at before use and a server that may fall silent."""
