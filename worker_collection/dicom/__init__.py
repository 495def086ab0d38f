"""DICOM: files decoded in bounds, headers by allow-list, labels as masks, folders and a C-STORE listener.

Values of headers are never complained about in warnings: those end in logs, with the value.
"""

from pydicom import config

config.settings.reading_validation_mode = config.IGNORE
config.settings.writing_validation_mode = config.IGNORE
