package messages

// FileState is where a received file stands. Checking goes to one of the others; those are final.
type FileState string

// The states of a file. Only a shown or listed file has been found harmless, as far as that can be told.
const (
	FileChecking FileState = "checking" // not looked at yet: nobody but staff with the right to the original can have it
	FileShown    FileState = "shown"    // there are pictures of it, made here
	FileListed   FileState = "listed"   // nothing was found against it, but no picture can be made of it
	FileWithheld FileState = "withheld" // the reason says why
)

// FileReason says why a file is not shown. Pages translate by key.
type FileReason string

// Why a file is not shown. NoViewer belongs to listed files, the others to withheld ones.
const (
	FileNoViewer   FileReason = "no_viewer"   // this installation makes no pictures of its kind
	FileNotAllowed FileReason = "not_allowed" // a kind that mail may not bring
	FileWrongName  FileReason = "wrong_name"  // its name says another kind than its content
	FileInfected   FileReason = "infected"    // the virus scanner found something
	FileProtected  FileReason = "protected"   // it cannot be opened without a password
	FileMacros     FileReason = "macros"      // a document with programs in it, or one that fetches them
	FileArchive    FileReason = "archive"     // an archive: never unpacked
	FileTooLarge   FileReason = "too_large"   // in bytes, in pixels, or once unpacked
	FileSwells     FileReason = "swells"      // small as it is, and made to become huge or endless when it is opened
	FileDamaged    FileReason = "damaged"     // it cannot be read, or reading it failed again and again
	FileNotChecked FileReason = "not_checked" // the virus scanner could not be reached for too long
	FileMixed      FileReason = "mixed"       // it is two kinds of file at once
	FileActive     FileReason = "active"      // a program, script, web page or drawing that can hold one
	FileEmpty      FileReason = "empty"       // it has no content
)

// FileReasons are all of them, in the order of the list above.
var FileReasons = []FileReason{FileNoViewer, FileNotAllowed, FileWrongName, FileInfected, FileProtected, FileMacros, FileArchive, FileTooLarge, FileSwells, FileDamaged,
	FileNotChecked, FileMixed, FileActive, FileEmpty}

// FileVerdict is what looking at a file came to.
type FileVerdict struct {
	State  FileState
	Reason FileReason // "" of a file that is being checked or shown
	Found  string     // its kind by its content, as package sniff names it; "" before it was looked at
	// Finding is what staff are told besides: the scanner's name for what it found, or "actions" for a PDF that would run something.
	Finding string
	Shown   int // pictures there are
	Total   int // pages the file has; more than Shown when not all are pictured
}

// FilePage is one picture made of a file: a JPEG or PNG drawn here, without anything of the original's bytes or metadata. Pages count from 1.
type FilePage struct {
	MediaType     string // image/jpeg or image/png
	Width, Height int    // pixels
	Content       []byte
	Words         string // what the page says, for reading it aloud; "" of a picture
}

// MaxPageWords bounds the words of one page, in characters.
const MaxPageWords = 20_000

// FindingActions is the finding of a PDF that would run something when it is opened.
const FindingActions = "actions"

// Words says in English why a file is not shown, for mail and programs; "" for one that is.
func (v FileVerdict) Words() string {
	if v.State == FileChecking {
		return "it is still being checked"
	}
	return fileWords[v.Reason]
}

var fileWords = map[FileReason]string{
	FileNoViewer:   "no picture can be made of it",
	FileNotAllowed: "this kind of file is not allowed",
	FileWrongName:  "its name and its content do not agree",
	FileInfected:   "the virus scanner found something in it",
	FileProtected:  "it is protected by a password",
	FileMacros:     "it has macros in it or loads something from elsewhere",
	FileArchive:    "archives are not opened",
	FileTooLarge:   "it is too large",
	FileSwells:     "it would be far too large once it is opened",
	FileDamaged:    "it is damaged",
	FileNotChecked: "it could not be checked for viruses",
	FileMixed:      "it is two kinds of file at once",
	FileActive:     "it can run as a program",
	FileEmpty:      "it is empty",
}

// Relayed reports whether a file may be sent on by mail as it is.
func (v FileVerdict) Relayed() bool {
	return (v.State == FileShown || v.State == FileListed) && v.Finding == ""
}

// Refused reports whether nobody may have the original, staff neither.
func (v FileVerdict) Refused() bool { return v.Reason == FileInfected }
