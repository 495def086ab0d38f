#!/bin/sh
# Connect a FHIR R4 server. Conditions that a clinician verified become cases; deletions are followed.
#
#   fhir_server.sh HOME URL          such as https://fhir.clinic.example/r4
set -eu
rounds --home "$1" source add fhir --kind fhir --url "$2" --mapping fhir_r4
rounds --home "$1" source test fhir
rounds --home "$1" collect --source fhir --wait
