"""FHIR R4: resources from exports or a server are kept sealed; rows are written from what changed."""
