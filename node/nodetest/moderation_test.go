package nodetest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tulou/storage"
)

// powers gives somebody a role, and a program that may do what moderators do.
func (v *village) powers(name, role string) *person {
	v.t.Helper()
	p := v.persons[name]
	must(p.home.node.SetRole(v.t.Context(), name, role))
	token := must(p.home.node.CreateToken(v.t.Context(), name, "read write admin:read admin:write"))
	return &person{village: v, name: name, home: p.home, client: v.client(name+" moderating", token.Secret)}
}

// If this failed, a complaint of another node would not reach who moderates, or what they decide
// would not reach the people of the other node, or the person whom it is about, who could not
// answer.
func TestComplaintFromElsewhereIsDecidedEverywhere(t *testing.T) {
	bubble(t, func(t *testing.T, v *village) {
		s := &story{village: v}
		defer s.leaveBrowsers()
		run := func(script string) {
			for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
				s.at = strings.TrimSpace(line)
				s.do(s.at)
			}
		}
		run(`node harbor orchard
			ana follows @bob@orchard
			settle
			bob posts q1 "You are all fools."
			settle
			ana sees q1 "You are all fools." in home
			ana boosts q1
			ana complains of @bob@orchard about q1 "He insults us." forward=true forwarded=true
			settle`)
		iris := v.powers("iris", storage.RoleModerator)
		type adminReport struct {
			ID, Comment   string
			ActionTaken   bool `json:"action_taken"`
			Account       struct{ Domain string }
			TargetAccount struct {
				ID, Username string
				Suspended    bool
			} `json:"target_account"`
			Assigned *struct{ Username string } `json:"assigned_account"`
			Statuses []status
		}
		var queue []adminReport
		iris.get("/api/v1/admin/reports", &queue)
		if len(queue) != 1 || queue[0].Comment != "He insults us." || queue[0].Account.Domain != "harbor.example" || queue[0].TargetAccount.Username != "bob" ||
			len(queue[0].Statuses) != 1 || queue[0].Statuses[0].URI != v.posts["q1"].uri {
			t.Fatalf("the queue is %+v", queue)
		}
		var report adminReport
		iris.post("/api/v1/admin/reports/"+queue[0].ID+"/assign_to_self", nil, &report)
		if report.Assigned == nil || report.Assigned.Username != "iris" {
			t.Errorf("assigned to %+v", report.Assigned)
		}
		iris.post("/api/v1/admin/accounts/"+report.TargetAccount.ID+"/action",
			url.Values{"type": {"suspend"}, "report_id": {report.ID}, "text": {"We do not insult each other."}}, nil)
		s.settle()

		ana, ben, bob := v.persons["ana"], v.persons["ben"], v.persons["bob"]
		for _, p := range []*person{ana, ben} {
			p.cannotSee(v.posts["q1"])
			if _, ok := p.finds(bob.handle()); ok {
				t.Errorf("%s finds who was suspended", p)
			}
		}
		if code := bob.call("GET", "/api/v1/accounts/verify_credentials", nil, nil); code != 401 {
			t.Errorf("who was suspended may use the node: %d", code)
		}
		queue = nil
		if iris.get("/api/v1/admin/reports", &queue); len(queue) != 0 {
			t.Errorf("still open: %+v", queue)
		}

		phone := s.visitor(bob, "phone")
		phone.follow("is suspended")
		phone.says(200, "We do not insult each other.")
		link := phone.at.String()
		phone.submit(url.Values{"text": {" "}})
		phone.says(422, "at least a few words")
		phone.submit(url.Values{"text": {"It was a quotation."}})
		phone.says(200, "with the moderators")
		phone.do("GET", link, nil)
		phone.says(200, "with the moderators")
		s.settle()
		mails := v.mails.Mails()
		if last := mails[len(mails)-1]; last.To != "iris@mail.example" || !strings.Contains(must(last.Read()).Text, "It was a quotation.") {
			t.Errorf("the moderator was mailed %s: %s", last.To, must(last.Read()).Text)
		}
		var appeals []struct{ ID, Text, State string }
		iris.get("/api/v1/admin/appeals", &appeals)
		if len(appeals) != 1 || appeals[0].Text != "It was a quotation." {
			t.Fatalf("the appeals are %+v", appeals)
		}
		iris.post("/api/v1/admin/appeals/"+appeals[0].ID+"/approve", nil, nil)
		s.settle()
		mails = v.mails.Mails()
		if last := must(mails[len(mails)-1].Read()); !strings.Contains(last.Subject, "agree with you") {
			t.Errorf("bob was mailed %q", last.Subject)
		}
		ana.sees(v.posts["q1"].uri)
		if _, ok := ben.finds(bob.handle()); !ok {
			t.Error("nobody finds who was let back")
		}

		var book []struct{ Action, Target string }
		iris.get("/api/v1/admin/audit_log", &book)
		var acts []string
		for _, act := range book {
			acts = append(acts, act.Action+" "+act.Target)
		}
		if got := fmt.Sprint(acts); got != "[grant_appeal bob unsuspend bob suspend bob assign bob role iris]" {
			t.Errorf("the book is %s", got)
		}
	})
}
