"""The things that the office does, one module for each. The command line calls nothing else.

    forms         writes the blank form, copies for schools, packs for the printer
    email         sends the form and reminders to schools, or drafts them
    ingest        reads the files that came back
    prefer        says which of a school's returns counts
    status        where each school stands
    report        a page about the returns of a year
    mailing_list  the contacts of a year
    verify        checks that the records are whole
    find          finds everything that is held about a person
    forget        deletes a school's data, that of old years, and what nobody can place
    forget_person erases one person
    demo          shows all of it with sample returns

Each function takes plain values and returns a typed result. It prints nothing and knows no terminal.
"""
