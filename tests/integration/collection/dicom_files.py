"""DICOM files as machines write them: slices of one series, segmentations and structure sets on them."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT, SEG, RTSTRUCT = (
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.481.3",
)
SIDE = 64


class Patient:
    """One patient with one series of slices, 5 mm apart, pixels of 2 mm."""

    def __init__(self, number: int = 1, **given) -> None:
        self.number, self.given = number, given
        self.study, self.series, self.frame = generate_uid(), generate_uid(), generate_uid()
        self.slices: list[str] = []

    def slice(self, **given) -> Dataset:
        """The next slice."""
        at = len(self.slices)
        ds = self._header(CT, "CT", self.series)
        self.slices.append(ds.SOPInstanceUID)
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [-64, -64, 5.0 * at], [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness, ds.FrameOfReferenceUID = [2.0, 2.0], 5, self.frame
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        put_pixels(ds, picture(self.number * 1000 + at))
        return changed(ds, given)

    def segmentation(self, masks, *, named=True, label="Liver", **given) -> Dataset:
        """Masks, shape (n, 64, 64), on the first n slices; told by reference or by their place."""
        ds = self._header(SEG, "SEG", generate_uid())
        segment = item(SegmentNumber=1, SegmentLabel=label, SegmentAlgorithmType="MANUAL")
        ds.SegmentSequence, ds.SegmentationType = Sequence([segment]), "BINARY"
        ds.ReferencedSeriesSequence = Sequence([item(SeriesInstanceUID=self.series)])
        ds.SharedFunctionalGroupsSequence = Sequence(
            [
                item(
                    PixelMeasuresSequence=Sequence([item(PixelSpacing=[2.0, 2.0])]),
                    PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]),
                )
            ]
        )
        ds.PerFrameFunctionalGroupsSequence = Sequence(
            [self._frame(at, named=named) for at in range(len(masks))]
        )
        ds.Rows = ds.Columns = SIDE
        ds.NumberOfFrames, ds.SamplesPerPixel, ds.PhotometricInterpretation = len(masks), 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
        ds.PixelData = np.packbits(np.asarray(masks, np.uint8).ravel(), bitorder="little").tobytes()
        return changed(ds, given)

    def structures(self, outlines, *, name="Heart", named=True, **given) -> Dataset:
        """A structure set: for each slice an outline of (x, y) in mm."""
        ds = self._header(RTSTRUCT, "RTSTRUCT", generate_uid())
        ds.StructureSetROISequence = Sequence([item(ROINumber=7, ROIName=name)])
        contours = []
        for at, outline in outlines.items():
            points = [value for x, y in outline for value in (x, y, 5.0 * at)]
            contour = item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(outline))
            contour.ContourData = points
            if named:
                image = item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=self.slices[at])
                contour.ContourImageSequence = Sequence([image])
            contours.append(contour)
        ds.ROIContourSequence = Sequence([item(ReferencedROINumber=7, ContourSequence=Sequence(contours))])
        series = Sequence([item(SeriesInstanceUID=self.series)])
        study = Sequence([item(RTReferencedSeriesSequence=series)])
        ds.ReferencedFrameOfReferenceSequence = Sequence([item(RTReferencedStudySequence=study)])
        return changed(ds, given)

    def _frame(self, at, *, named) -> Dataset:
        frame = item(SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=1)]))
        if named:
            image = item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=self.slices[at])
            frame.DerivationImageSequence = Sequence([item(SourceImageSequence=Sequence([image]))])
        place = item(ImagePositionPatient=[-64, -64, 5.0 * at])
        frame.PlanePositionSequence = Sequence([place])
        return frame

    def _header(self, kind, modality, series) -> Dataset:
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.SOPClassUID, ds.SOPInstanceUID = kind, generate_uid()
        ds.file_meta.MediaStorageSOPClassUID = kind
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = self.study, series, modality
        ds.PatientName, ds.PatientID = f"Quillfeather^Ottoline{self.number}", f"MRN77{self.number:04}"
        ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "19600102", "F", "061Y"
        return changed(ds, self.given)


def picture(seed: int) -> np.ndarray:
    """Blobs of a slice, shape (64, 64), int16, no two seeds alike."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    values = random.normal(1000, 12, (SIDE, SIDE))
    for _ in range(7):
        cy, cx, size = random.uniform(10, 54, 2).tolist() + [random.uniform(4, 12)]
        values += random.uniform(80, 600) * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / size**2)
    return values.astype(np.int16)


def put_pixels(ds: Dataset, pixels: np.ndarray) -> None:
    """Grey pixels, uncompressed."""
    ds.Rows, ds.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        ds.NumberOfFrames = len(pixels)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(pixels.dtype.kind == "i")
    ds.PixelData = pixels.tobytes()


def item(**values) -> Dataset:
    """One item of a sequence."""
    return changed(Dataset(), values)


def changed(ds: Dataset, values) -> Dataset:
    """A header with these values; None takes one away."""
    for name, value in values.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    return ds


def put(folder: Path, name: str, ds: Dataset) -> Path:
    """Write a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    return path


def disc(row=32, column=32, radius=9) -> np.ndarray:
    """A round mask."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return ((y - row) ** 2 + (x - column) ** 2 <= radius**2).astype(np.uint8)
