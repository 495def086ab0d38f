"""A clinic's app: an answer for one patient, and later the clinician's word on it.

Its key needs the role service, which may ask and answer, and read nothing:

rounds client python --out rounds_client.py
rounds key create --name clinic-app --role service     # on the stack's machine; shown once
KEY=rnd_… python app.py http://127.0.0.1:8000
"""

import os
import sys
from datetime import UTC, datetime

from rounds_client import Refused, Rounds

TEXT = "Complaints: wheeze 2 days.\nNotes: tight chest, worse at night. SpO2 95."


def main(address: str, seen_at: str) -> int:
    """Ask, show, and send back what the clinician found."""
    rounds = Rounds(address, key=os.environ["KEY"])
    patient = {"person": "p-17", "encounter": "visit-1", "subgroup": {"age_band": "40-49", "sex": "f"}}
    try:
        # Under one key a repeat, after a lost connection say, gets the same answer and is counted once.
        answer = rounds.predict(
            {"model_type": "diagnosis", "text": TEXT, **patient}, idempotency_key="visit-1/answer"
        )
    except Refused as refused:
        print(f"no answer: {refused}; {refused.fix}")
        return 1
    print(f"{answer['label']} ({answer['confidence']:.0%}), by {answer['model_version']}")
    word = {"diagnosis": answer["label"], "validated_by": "dr.rao", "validated_at": seen_at, "blind": False}
    print(rounds.feedback(answer["prediction_id"], word)["message"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else datetime.now(UTC).isoformat()))
