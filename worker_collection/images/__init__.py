"""Cases of pictures that come as files: PNG, JPEG, DICOM, arrays by slice; with masks and boxes."""
