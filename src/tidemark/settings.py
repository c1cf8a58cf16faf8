"""Every setting of Tidemark: frozen structs, their defaults and what they mean."""
