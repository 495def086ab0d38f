#!/bin/sh
# Connect a clinic's own database. It is only ever read: SQLite is opened so, and on Postgres a role that can
# write is refused. `source test` shows what would come, and why the rest would not, before anything is stored.
#
#   clinic_database.sh HOME URL      such as postgresql://reader@clinic-db/clinic or sqlite:////srv/clinic.db
set -eu
rounds --home "$1" source add clinic-database --kind sql --url "$2" --mapping clinic
rounds --home "$1" source test clinic-database --rows 200
rounds --home "$1" collect --source clinic-database --wait
rounds --home "$1" cases list --limit 5
