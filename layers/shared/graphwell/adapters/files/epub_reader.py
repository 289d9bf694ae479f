"""E-books in EPUB: their chapters are XHTML, read like any page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from graphwell.adapters.files.archive import Archive, resolve
from graphwell.adapters.files.safe_xml import children, descendants, parse_xml
from graphwell.adapters.files.text_assembly import assembled
from graphwell.adapters.html_to_markdown import html_to_markdown
from graphwell.adapters.text_decoding import decode
from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault
from graphwell.ports import ExtractedText

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_FONT_MANGLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def read_epub(data: bytes) -> ExtractedText:
    """Return the chapters of a book in reading order, without its table of contents. Its pages are the reader's own.

    Raises:
        UnreadableFile: see `Archive`, it is under rights management, or there is no text in it.
    """
    archive = Archive(data)
    _refuse_encrypted(archive)
    package_name = next(
        (root.get("full-path", "") for root in descendants(parse_xml(archive.read(_CONTAINER)), "rootfile")), ""
    )
    package = parse_xml(archive.read(package_name))
    title = next((found.text for found in descendants(package, "title")), None)
    return assembled(_chapters(archive, package_name, package), title=title)


def _chapters(archive: Archive, package_name: str, package: Element) -> Iterator[str]:
    items = {item.get("id"): item for manifest in children(package, "manifest") for item in children(manifest, "item")}
    for entry in (entry for spine in children(package, "spine") for entry in children(spine, "itemref")):
        item = items.get(entry.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        name = resolve(package_name, unquote(item.get("href", "")))
        yield html_to_markdown(decode(archive.read(name), is_markup=True)).text


def _refuse_encrypted(archive: Archive) -> None:
    """Refuse a book whose chapters are encrypted; mangled fonts alone do not matter."""
    if _ENCRYPTION not in archive:
        return
    methods = descendants(parse_xml(archive.read(_ENCRYPTION)), "EncryptionMethod")
    if any(method.get("Algorithm") not in _FONT_MANGLING for method in methods):
        raise UnreadableFile(
            FileFault.ENCRYPTED, "The book is under rights management; upload a copy without it, if you may make one."
        )
