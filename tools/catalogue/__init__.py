"""Builds the shipped catalogue and docs/catalogue.md from the tables in catalogue/<purpose>/*.toml.

One service is one table; its name is the stable id, its folder the purpose. A table holds
    name, provider, evidence, checked    always
    privacy or homepage                  its privacy page; where none is known, its own site
    opt_out                              a page on which visitors can object
    urls, scripts                        URL patterns
    copies                               ends of paths on whatever host: software that sites host themselves
    labels                               first labels of hosts that nobody knows: named for what they do
    idioms                               text of the inline loader alone
    widgets                              class names of elements that its script fills
    in_place                             true: its script draws where it stands
    delivery                             true: delivers files, sets no cookies
    [id.cookies], [id.vendor_cookies]    names on the site's host, on the vendor's, to usual lifetimes

A URL pattern is ``host[/path][?key=valueprefix]``: a lower-case host without scheme or ``www.``
that covers its subdomains, whole leading path segments, ``*`` for any characters inside one path
segment. In a cookie's name ``*`` stands for any characters, ``{number}`` for at least one. Vendors'
names tell whose a cookie is too, except those in catalogue/generic-names.txt, which applications use
for cookies of their own.
"""
