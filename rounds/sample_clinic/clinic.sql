CREATE TABLE users (
  id INTEGER PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL, hashed_password VARCHAR(255),
  full_name VARCHAR(255) NOT NULL, role VARCHAR(16) NOT NULL, license_number VARCHAR(100),
  oauth_provider VARCHAR(50), oauth_id VARCHAR(255), is_active BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL
);
CREATE TABLE patient_intakes (
  id INTEGER PRIMARY KEY, intake_id VARCHAR(50) UNIQUE NOT NULL, name VARCHAR(200) NOT NULL, age VARCHAR(10),
  gender VARCHAR(20), blood_type VARCHAR(10), height_cm INTEGER, weight_kg INTEGER, bp_systolic INTEGER,
  bp_diastolic INTEGER, temperature_c INTEGER, chief_complaints JSON, associated_symptoms JSON, present_history TEXT,
  past_medical_history JSON, allergies JSON, occupation VARCHAR(200), created_by INTEGER, created_at TIMESTAMP,
  updated_at TIMESTAMP
);
CREATE TABLE treatment_plans (
  id INTEGER PRIMARY KEY, plan_id VARCHAR UNIQUE NOT NULL, patient_intake_id VARCHAR NOT NULL, diagnosis_id VARCHAR,
  primary_diagnosis VARCHAR NOT NULL, icd_code VARCHAR, treatment_goals TEXT, clinical_notes TEXT,
  status VARCHAR NOT NULL, start_date TIMESTAMP NOT NULL, end_date TIMESTAMP, last_review_date TIMESTAMP,
  next_review_date TIMESTAMP, created_by VARCHAR, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP
);
CREATE TABLE medications (
  id INTEGER PRIMARY KEY, treatment_plan_id INTEGER NOT NULL, medication_name VARCHAR NOT NULL, generic_name VARCHAR,
  dosage VARCHAR NOT NULL, route VARCHAR NOT NULL, frequency VARCHAR NOT NULL, duration_days INTEGER,
  instructions TEXT, is_active BOOLEAN NOT NULL, discontinuation_reason VARCHAR, prescribed_date TIMESTAMP NOT NULL
);
CREATE TABLE follow_ups (
  id INTEGER PRIMARY KEY, treatment_plan_id INTEGER NOT NULL, scheduled_date TIMESTAMP NOT NULL,
  appointment_type VARCHAR, provider VARCHAR, status VARCHAR NOT NULL, completed_date TIMESTAMP,
  post_appointment_notes TEXT, outcome TEXT
);
CREATE TABLE discharge_summaries (
  id INTEGER PRIMARY KEY, created_by_id INTEGER NOT NULL, patient_name VARCHAR(255) NOT NULL, patient_age VARCHAR(10),
  patient_gender VARCHAR(20), mrn VARCHAR(100), admission_date VARCHAR(50), discharge_date VARCHAR(50),
  diagnosis TEXT, icd10_codes TEXT, hospital_course TEXT, created_at TIMESTAMP NOT NULL
);
