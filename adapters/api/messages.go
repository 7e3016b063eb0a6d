package api

import (
	"cmp"
	"context"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// Message is one message of a conversation.
type Message struct {
	ID          ids.MessageID  `json:"id" doc:"Identifier of the message"`
	ThreadID    ids.ThreadID   `json:"thread_id" doc:"Its conversation"`
	CaseID      ids.CaseID     `json:"case_id" doc:"Its case"`
	Author      Author         `json:"author" doc:"Who wrote it"`
	State       messages.State `json:"state" enum:"held,released,withheld,returned" doc:"held: waits for a reviewer; released: its deliveries may go; withheld: it will not be delivered; returned: its author is asked to write it again"`
	Text        string         `json:"text" doc:"The author's own words"`
	Quoted      string         `json:"quoted,omitempty" doc:"The history that her mail program added, kept apart"`
	Written     time.Time      `json:"written" doc:"When it was written or received"`
	Released    *time.Time     `json:"released,omitempty" doc:"When it was released. Missing before"`
	HoldID      ids.HoldID     `json:"hold_id,omitempty" doc:"The hold that this token may decide. Missing when there is none"`
	Attachments []Attachment   `json:"attachments" nullable:"false" doc:"Its files"`
	Deliveries  []Delivery     `json:"deliveries" nullable:"false" doc:"How far it has come on its way to each recipient. Empty until it is released"`
}

// Author is who wrote a message.
type Author struct {
	Person
	Kind messages.AuthorKind `json:"kind" enum:"mother,staff,contact,system" doc:"What sort of person; system is a notice of Kinbridge itself"`
}

// Attachment is a file of a message.
type Attachment struct {
	ID        ids.AttachmentID `json:"id" doc:"Identifier of the file"`
	Name      string           `json:"name" doc:"File name"`
	MediaType string           `json:"media_type" doc:"Media type, as its sender gave it" example:"application/pdf"`
	Size      int64            `json:"size" doc:"Size in bytes"`

	State  messages.FileState  `json:"state" enum:"checking,shown,listed,withheld" doc:"What looking at it came to. Only a shown or listed file was found harmless, as far as that can be told"`
	Found  string              `json:"found,omitempty" doc:"Its kind by its content. Missing before it was looked at" example:"pdf"`
	Reason messages.FileReason `json:"reason,omitempty" doc:"Why it is not shown, as a code"`
	Words  string              `json:"words,omitempty" doc:"The same in words"`
}

// Delivery is one message on its way to one recipient.
type Delivery struct {
	ID        ids.DeliveryID         `json:"id" doc:"Identifier of the delivery"`
	Recipient Recipient              `json:"recipient" doc:"To whom"`
	State     messages.DeliveryState `json:"state" enum:"queued,sent,accepted,failed,kiosk,seen" doc:"queued: ours to send; sent: our mail relay has it; accepted: the recipient's own server has it; failed: it will not arrive; kiosk: on a kiosk she has unlocked; seen: it was open on her screen, or read on its reading page"`
	DeliveryTimes
	Detail  string           `json:"detail,omitempty" doc:"The mail server's last answer, for a failure or a wait"`
	Trouble messages.Trouble `json:"trouble,omitempty" doc:"What was the matter at the last try or in the last report, as a code. Missing when nothing was" example:"no_mailbox"`
	Notice  bool             `json:"notice,omitempty" doc:"The recipient's server cannot be reached securely: a notice without content goes in the message's place, with a link to a page on which it is read; seen then means that it was read there"`
}

// DeliveryTimes says when each state of a delivery was reached.
type DeliveryTimes struct {
	Queued   *time.Time `json:"queued,omitempty" doc:"When it was queued"`
	Sent     *time.Time `json:"sent,omitempty" doc:"When the relay took it"`
	Accepted *time.Time `json:"accepted,omitempty" doc:"When the recipient's server took it"`
	Failed   *time.Time `json:"failed,omitempty" doc:"When it failed"`
	Kiosk    *time.Time `json:"kiosk,omitempty" doc:"When it was on a kiosk"`
	Seen     *time.Time `json:"seen,omitempty" doc:"When it was seen"`
}

// Recipient is to whom a message goes.
type Recipient struct {
	Person
	Kind  messages.RecipientKind `json:"kind" enum:"mother,staff,contact" doc:"What sort of person"`
	Email string                 `json:"email,omitempty" doc:"Email address at the time, of contacts only"`
}

// NewMessage is a message to be posted.
type NewMessage struct {
	Text           string `json:"text" minLength:"1" maxLength:"100000" doc:"Plain text. Control characters other than tab and line feed are dropped. At most 100,000 bytes in UTF-8"`
	IdempotencyKey string `json:"idempotency_key,omitempty" maxLength:"150" doc:"The same as the header Idempotency-Key"`
}

// Posted says what became of a posted message.
type Posted struct {
	ID       ids.MessageID  `json:"id" doc:"Identifier of the message"`
	State    messages.State `json:"state" enum:"held,released,withheld,returned" doc:"held: it waits for a reviewer; released: it goes out"`
	Repeated bool           `json:"repeated" doc:"Whether the same request had been taken before. Nothing new was then posted"`
}

type postMessageInput struct {
	ThreadPath
	Key  string `header:"Idempotency-Key" maxLength:"150" doc:"A string of your own that names this act of writing, such as a UUID. The same key in the same conversation is the same message, however often it is sent. Needed here or in the body"`
	Body NewMessage
}

type postedOutput struct {
	Status int
	Body   Posted
}

type fileOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (a *API) messageOperations() {
	operation(a, get("list-messages", "/threads/{thread_id}/messages", "messages", "List a conversation's messages",
		"The messages that this token may read, oldest first, with their deliveries. That they were read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			ThreadPath
			Paging
		}) (*List[Message], error) {
			v, err := a.f.Thread(ctx, actor, in.ThreadID)
			if err != nil {
				return nil, err
			}
			return pageOf(v.Messages, in.Paging, func(m flow.MessageView) string { return string(m.ID) }, messageItem)
		})
	operation(a, get("get-message", "/threads/{thread_id}/messages/{message_id}", "messages", "Read a message", "One message with its deliveries. That it was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			ThreadPath
			MessageID ids.MessageID `path:"message_id" maxLength:"64" doc:"Identifier of the message"`
		}) (*answer[Message], error) {
			v, err := a.f.Thread(ctx, actor, in.ThreadID)
			if err != nil {
				return nil, err
			}
			for _, m := range v.Messages {
				if m.ID == in.MessageID {
					return &answer[Message]{messageItem(m)}, nil
				}
			}
			return nil, ids.ErrNotFound
		})
	o := post("post-message", "/threads/{thread_id}/messages", "messages", "Post a message",
		"Posts a message as this token's owner. It is durable when this answers 201. Whether it goes out at once or waits for review is said by state. A repeat of a request that was taken before is answered 200.", http.StatusCreated)
	repeats[Posted](a, &o, "Posted")
	operation(a, o, a.postMessage)
	file := get("get-attachment", "/attachments/{attachment_id}", "messages", "Read a file", "The content of a message's file, as its sender gave it. Treat it as hostile. That it was read is recorded. A file that is still being checked is answered 409, an infected one 403.")
	file.Errors = []int{http.StatusConflict}
	file.Responses = map[string]*huma.Response{"200": {Description: "The file's bytes",
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	operation(a, file, func(ctx context.Context, actor ids.Actor, in *struct {
		ID ids.AttachmentID `path:"attachment_id" maxLength:"64" doc:"Identifier of the file"`
	}) (*fileOutput, error) {
		v, err := a.f.Attachment(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		return &fileOutput{ContentType: "application/octet-stream", Body: v.Content,
			ContentDisposition: mime.FormatMediaType("attachment", map[string]string{"filename": v.Name})}, nil
	})
}

// repeats says in the document that an operation which makes something answers 200 to a repeat, with the same thing.
func repeats[T any](a *API, o *huma.Operation, name string) {
	o.Responses = map[string]*huma.Response{"200": {Description: "The same request had been taken before; nothing new was made",
		Content: map[string]*huma.MediaType{"application/json": {Schema: a.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, name)}}}}
}

func (a *API) postMessage(ctx context.Context, actor ids.Actor, in *postMessageInput) (*postedOutput, error) {
	key, err := oneKey(in.Key, in.Body.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	c, err := a.f.Compose(ctx, actor, flow.NewMessage{Thread: in.ThreadID, Body: in.Body.Text, IdemKey: "api:" + key})
	if err != nil {
		return nil, err
	}
	out := &postedOutput{Status: http.StatusCreated, Body: Posted{ID: c.Message, State: c.State, Repeated: c.Again}}
	if c.Again {
		out.Status = http.StatusOK
	}
	return out, nil
}

// oneKey is the key of an act, from the header or the body.
func oneKey(header, body string) (string, error) {
	switch {
	case header == "" && body == "":
		return "", ids.E(ids.Invalid, "Give a key of your own, in the header Idempotency-Key or as idempotency_key in the body, so that it is done once however often it is sent.")
	case header != "" && body != "" && header != body:
		return "", ids.E(ids.Invalid, "The header Idempotency-Key and idempotency_key in the body differ: give one of them.")
	}
	return cmp.Or(header, body), nil
}

func messageItem(v flow.MessageView) Message {
	m := Message{ID: v.ID, ThreadID: v.Thread, CaseID: v.Case, Author: Author{Person{v.AuthorID, v.AuthorName}, v.AuthorKind}, State: v.State, Text: v.Body,
		Quoted: v.Quoted, Written: v.Written.UTC(), Released: maybe(v.ReleasedAt), Attachments: []Attachment{}, Deliveries: []Delivery{}}
	if v.Hold != nil && v.Hold.Decided.IsZero() {
		m.HoldID = v.Hold.ID
	}
	for _, f := range v.Attachments {
		m.Attachments = append(m.Attachments, Attachment{ID: f.ID, Name: f.Name, MediaType: f.MediaType, Size: f.Size, State: f.Verdict.State, Found: f.Verdict.Found,
			Reason: f.Verdict.Reason, Words: f.Verdict.Words()})
	}
	for _, d := range v.Deliveries {
		m.Deliveries = append(m.Deliveries, Delivery{ID: d.ID, Recipient: Recipient{Person{d.RecipientID, d.RecipientName}, d.RecipientKind, d.Address}, State: d.State,
			DeliveryTimes: DeliveryTimes{Queued: maybe(d.Times.Queued), Sent: maybe(d.Times.Sent), Accepted: maybe(d.Times.Accepted), Failed: maybe(d.Times.Failed),
				Kiosk: maybe(d.Times.Kiosk), Seen: maybe(d.Times.Seen)}, Detail: d.Detail, Trouble: d.Way.Trouble, Notice: d.Way.Notice})
	}
	return m
}
