"""One CT header with a secret planted wherever a header can hold one."""

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

SECRETS = {
    "name": "Quillfeather^Ottoline",
    "family": "Quillfeather",
    "given": "Ottoline",
    "id": "MRN8841207",
    "other_id": "XJ-5519-22",
    "born": "19271104",
    "accession": "ACC7730191",
    "study_id": "ST55120",
    "institution": "Brackwater Infirmary",
    "address": "14 Fennel Row",
    "station": "CTBRACK07",
    "doctor": "Hargreave",
    "operator": "Pemberley",
    "serial": "SN-909-44127",
    "phone": "555-0142-778",
    "free": "Wimpole",
    "comment": "Tattersall",
    "nested": "Dovecote",
    "private": "Larkspur",
    "overlay": "MULBERRY",
    "title": "AEQUILL01",
    "preamble": "Marchbanks",
    "date": "20240317",
    "time": "101542",
    "age": "098Y",
    "uid": "1.2.3.4.8841207",
    "image_type": "THISTLEWOOD",
    "body_part": "OTTOLINE Q",
    "ward": "Juniper Ward",
    "icon": "SAXIFRAGE",
    "curve": "PENNYROYAL",
    "digital_signature": "CELANDINE",
    "unknown_vr": "FOXGLOVE",
    "charset_name": "Bergström",
    "code": "HOLLYHOCK",
    "number": "8841207",
}


def planted() -> FileDataset:
    """The header with a small picture; every value of SECRETS stands in it at least once."""
    s, meta = SECRETS, FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = s["uid"] + ".1"
    meta.SourceApplicationEntityTitle = s["title"]
    ds = FileDataset("", {}, file_meta=meta, preamble=s["preamble"].encode().ljust(128, b"\0"))
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID = meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID, ds.StudyInstanceUID = s["uid"] + ".1", s["uid"] + ".2"
    ds.SeriesInstanceUID, ds.FrameOfReferenceUID = s["uid"] + ".3", s["uid"] + ".4"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = s["name"], s["id"], s["born"]
    ds.OtherPatientIDs, ds.PatientAge, ds.PatientSex = s["other_id"], s["age"], "F"
    ds.OtherPatientNames, ds.PatientTelephoneNumbers = s["charset_name"] + "^Ida", s["phone"]
    ds.PatientAddress, ds.CurrentPatientLocation = s["address"], s["ward"]
    ds.AccessionNumber, ds.StudyID = s["accession"], s["study_id"]
    ds.StudyDate, ds.StudyTime, ds.ContentDate = s["date"], s["time"], s["date"]
    ds.AcquisitionDateTime = s["date"] + s["time"]
    _describe(ds)
    _hide(ds)
    return ds


def _describe(ds):
    s = SECRETS
    ds.InstitutionName, ds.InstitutionAddress, ds.StationName = s["institution"], s["address"], s["station"]
    ds.ReferringPhysicianName, ds.OperatorsName = s["doctor"] + "^Ann", s["operator"]
    ds.DeviceSerialNumber, ds.Modality = s["serial"], "CT"
    ds.StudyDescription = f"CT HEAD FOR {s['family'].upper()} at {s['institution']}"
    ds.SeriesDescription = f"Axial 5mm, seen by {s['free']} on 17 March"
    ds.ProtocolName = f"HEAD {s['id']}"
    ds.ImageComments, ds.PatientComments = f"call {s['comment']}", s["given"]
    ds.ImageType = ["ORIGINAL", "PRIMARY", s["image_type"]]
    ds.BodyPartExamined, ds.InstanceNumber = s["body_part"], s["number"]
    ds.ConvolutionKernel = s["given"]
    _picture(ds)


def _hide(ds):
    s = SECRETS
    request, code = Dataset(), Dataset()
    request.RequestedProcedureDescription = s["nested"]
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = s["code"], "LOCAL", s["nested"]
    request.RequestedProcedureCodeSequence = Sequence([code])
    ds.RequestAttributesSequence = Sequence([request])
    ds.AnatomicRegionSequence = Sequence([code])
    region = Dataset()
    region.RegionFlags, region.PatientName, region.ImageComments = 1, s["name"], s["comment"]
    ds.SequenceOfUltrasoundRegions = Sequence([region])
    block = ds.private_block(0x0029, "BRACKWATER", create=True)
    block.add_new(0x01, "LO", s["private"])
    ds.add_new(0x60000010, "US", 8)
    ds.add_new(0x60000022, "LO", s["overlay"])
    ds.add_new(0x60003000, "OW", s["overlay"].encode())
    ds.add_new(0x50003000, "OW", s["curve"].encode())
    icon = Dataset()
    icon.add_new(0x7FE00010, "OB", s["icon"].encode() + b"\0")
    ds.IconImageSequence = Sequence([icon])
    signature = Dataset()
    signature.Signature = s["digital_signature"].encode() + b"\0"
    ds.DigitalSignaturesSequence = Sequence([signature])
    ds.add_new(0x00091001, "UN", s["unknown_vr"].encode())


def _picture(ds):
    ds.Rows = ds.Columns = 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelSpacing, ds.SliceThickness = [0.5, 0.5], 5
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 10], [1, 0, 0, 0, 1, 0]
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelData = bytes(128)
