"""The register and all that hangs on it, in and out: as CSV, XLSX, JSON and YAML, from Backstage and from other catalogues."""
