"""Files of people, in and out: bytes or pasted text -> a sheet -> columns that are understood -> rows that can be created.

    reading    looks at the bytes, never at the name, and gives a `Sheet`: a header, rows of plain texts, what is to be said
    xlsx       the part of it that opens workbooks; workbook.py reads their parts, in bounded memory
    columns    which field a column is, by what people call it
    rows       a row as the provider's form takes it, or the sentences about what must be corrected
    files      the template, and the result file, which can be given in again

Pure: no Slack, no database, no vendor. Whatever the bytes are, only `NotASheet` comes out, with the sentence to say.
"""
