"""Errors about data files."""


class DatasetNotFoundError(FileNotFoundError):
    """The data was not found.

    The message lists all places that were searched, and the ways to get the data.
    """


class DatasetDownloadError(DatasetNotFoundError):
    """The data could not be downloaded from any mirror. The message gives the reasons."""


class DatasetFormatError(ValueError):
    """A file is damaged, truncated, or has another format.

    The message begins with the path of the file.
    """
