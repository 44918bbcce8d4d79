"""Who agreed to exactly what: request, frozen document, signature. Knows no subject."""
