"""What can go wrong with a data file."""


class DatasetNotFoundError(FileNotFoundError):
    """The data is in none of the places that were looked at.

    The message lists every place, and the ways to get the data.
    """


class DatasetDownloadError(DatasetNotFoundError):
    """No mirror delivered the data; the message gives the reason for each."""


class DatasetFormatError(ValueError):
    """A file is damaged, cut short, or not what it should be.

    The message begins with the path of the file.
    """
