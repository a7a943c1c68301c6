package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"tulou/node"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// quiet is the level of commands that work beside a node: only what went wrong.
const quiet = slog.LevelWarn

type userCmd struct {
	Create   userCreate   `cmd:"" help:"Make an account."`
	List     userList     `cmd:"" help:"List the accounts of the node."`
	Approve  userApprove  `cmd:"" help:"Let somebody join who asked for an account."`
	Reject   userReject   `cmd:"" help:"Do not let somebody join who asked for an account."`
	CodesOff userCodesOff `cmd:"" help:"Let somebody sign in without codes who has lost them."`
	Token    userToken    `cmd:"" help:"Make an access token for a script or an app."`
	Password userPassword `cmd:"" help:"Give somebody a new password and sign them out everywhere."`
	Role     userRole     `cmd:"" help:"Let somebody moderate or run the node, or no more."`
	Suspend  userSuspend  `cmd:"" help:"Hide an account and keep its owner out, or take that back."`
	Delete   userDelete   `cmd:"" help:"Delete an account and everything it posted, for ever."`
}

// Help is what 'tulou user --help' teaches.
func (c *userCmd) Help() string {
	return `These commands open the node's database, so they need the same --data-dir or --database-url as serve. They work while the node runs: it notices within two seconds.

Examples:

    tulou user create --handle ana --email ana@example.org
        an account that can sign in at once; the password is made and printed

    pass show tulou/ana | tulou user create --handle ana --email ana@example.org --password-stdin
        the same with a password of one's own, which is never an argument

    tulou user token --handle ana --scopes "read write follow push" --json
        {"handle":"ana@localhost:8420","token":"…","scopes":"read write follow push"}`
}

// named is the flag that says whose account it is about.
type named struct {
	Handle string `name:"handle" required:"" placeholder:"NAME" help:"Whose account: ana, or ana@example.org."`
}

// secret says where a password comes from.
type secret struct {
	PasswordStdin bool `name:"password-stdin" help:"Read the password from standard input instead of making one."`
}

// passwordBytesMax bounds what is read; longer passwords are refused anyway.
const passwordBytesMax = 4 << 10

// read returns the first line of standard input, or "" if a password is to be made.
func (s secret) read(p *program) (string, error) {
	if !s.PasswordStdin {
		return "", nil
	}
	line, err := bufio.NewReader(io.LimitReader(p.stdin, passwordBytesMax)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", fault.New(fault.Invalid, "there is no password on standard input")
	}
	return line, nil
}

// userLine is a person as scripts read it.
type userLine struct {
	Handle    string `json:"handle"`
	Actor     string `json:"actor"`
	Email     string `json:"email"`
	Password  string `json:"password,omitempty"`
	ID        string `json:"id"`
	Role      string `json:"role,omitempty"`
	Suspended bool   `json:"suspended,omitempty"`
	CreatedAt string `json:"created_at,omitempty"`
}

func (p *program) json(v any) error {
	encoder := json.NewEncoder(p.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// tell says what was done, to scripts or to people.
func (p *program) tell(asJSON bool, line any, format string, args ...any) error {
	if asJSON {
		return p.json(line)
	}
	_, err := fmt.Fprintf(p.stdout, format, args...)
	return err
}

type userCreate struct {
	beside
	named
	secret
	Email string `name:"email" required:"" placeholder:"ADDRESS" help:"E-mail address to sign in with."`
	Admin bool   `name:"admin" help:"Let them run the node."`
	JSON  bool   `name:"json" help:"Print one JSON object."`
}

// Run makes an account.
func (c *userCreate) Run(ctx context.Context, p *program) error {
	n, err := c.openOrCreate(ctx, p)
	if err != nil {
		return err
	}
	defer n.Close()
	name, err := localName(n, c.Handle)
	if err != nil {
		return err
	}
	password, err := c.read(p)
	if err != nil {
		return err
	}
	user, err := n.CreateUser(ctx, node.NewUser{Name: name, Email: c.Email, Password: password, Admin: c.Admin})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.json(userLine{Handle: user.Handle, Actor: user.Actor, Email: user.Email, Password: user.Password, ID: ids.Format(user.ID)})
	}
	fmt.Fprintf(p.stdout, "@%s can sign in with %s.\n", user.Handle, user.Email)
	if user.Password != "" {
		fmt.Fprintf(p.stdout, "Password: %s\n", user.Password)
	}
	return nil
}

type userList struct {
	beside
	Pending bool `name:"pending" help:"List who waits for an account instead."`
	JSON    bool `name:"json" help:"Print one JSON object for each account."`
}

// Run lists the accounts.
func (c *userList) Run(ctx context.Context, p *program) error {
	if c.Pending {
		return c.listWaiting(ctx, p)
	}
	return c.use(ctx, p, func(n *node.Node) error {
		users, err := n.Users(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			for _, u := range users {
				if err := p.json(userLine{Handle: u.Handle, Actor: u.Actor, Email: u.Email, ID: ids.Format(u.ID), Role: u.Role,
					Suspended: u.Suspended, CreatedAt: u.CreatedAt.Format("2006-01-02T15:04:05Z")}); err != nil {
					return err
				}
			}
			return nil
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "HANDLE\tE-MAIL\tROLE\tSINCE\t")
		for _, u := range users {
			note := ""
			if u.Suspended {
				note = "suspended"
			}
			fmt.Fprintf(table, "@%s\t%s\t%s\t%s\t%s\n", u.Handle, u.Email, u.Role, u.CreatedAt.Format("2006-01-02"), note)
		}
		return table.Flush()
	})
}

type userToken struct {
	beside
	named
	Scopes string `name:"scopes" default:"read" placeholder:"SCOPES" help:"What the token may do, separated by spaces: read write follow push."`
	JSON   bool   `name:"json" help:"Print one JSON object."`
}

// Run makes a token.
func (c *userToken) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		name, err := localName(n, c.Handle)
		if err != nil {
			return err
		}
		token, err := n.CreateToken(ctx, name, c.Scopes)
		if err != nil {
			return err
		}
		if !c.JSON {
			_, err = fmt.Fprintln(p.stdout, token.Secret)
			return err
		}
		return p.json(struct {
			Handle string `json:"handle"`
			Token  string `json:"token"`
			Scopes string `json:"scopes"`
		}{token.Handle, token.Secret, token.Scopes})
	})
}

type userPassword struct {
	beside
	named
	secret
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run replaces a password.
func (c *userPassword) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		name, err := localName(n, c.Handle)
		if err != nil {
			return err
		}
		password, err := c.read(p)
		if err != nil {
			return err
		}
		user, err := n.SetPassword(ctx, name, password)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.json(struct {
				Handle   string `json:"handle"`
				Password string `json:"password,omitempty"`
			}{user.Handle, user.Password})
		}
		fmt.Fprintf(p.stdout, "@%s has a new password and is signed out everywhere.\n", user.Handle)
		if user.Password != "" {
			fmt.Fprintf(p.stdout, "Password: %s\n", user.Password)
		}
		return nil
	})
}

type userSuspend struct {
	beside
	named
	Undo bool `name:"undo" help:"Show the account again and let its owner in."`
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run suspends an account, of this node or of another.
func (c *userSuspend) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		handle, err := n.Suspend(ctx, c.Handle, !c.Undo)
		if err != nil {
			return err
		}
		if c.JSON {
			return p.json(struct {
				Handle    string `json:"handle"`
				Suspended bool   `json:"suspended"`
			}{handle, !c.Undo})
		}
		state := "suspended"
		if c.Undo {
			state = "not suspended any more"
		}
		_, err = fmt.Fprintf(p.stdout, "@%s is %s.\n", handle, state)
		return err
	})
}

type userDelete struct {
	beside
	named
	Yes  bool `name:"yes" help:"Do not ask."`
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run deletes an account. At a terminal it asks first, because nothing brings an account back.
func (c *userDelete) Run(ctx context.Context, p *program) error {
	return c.use(ctx, p, func(n *node.Node) error {
		name, err := localName(n, c.Handle)
		if err != nil {
			return err
		}
		if file, ok := p.stdin.(*os.File); ok && !c.Yes && term.IsTerminal(int(file.Fd())) {
			fmt.Fprintf(p.stderr, "This deletes %s and everything they posted, here and on other servers, for ever.\nWrite the name to go on: ", name)
			if answer, _ := bufio.NewReader(file).ReadString('\n'); strings.TrimSpace(answer) != name {
				return fault.New(fault.Conflict, "nothing was deleted")
			}
		}
		handle, err := n.DeleteUser(ctx, name)
		if err != nil {
			return err
		}
		return p.tell(c.JSON, struct {
			Handle  string `json:"handle"`
			Deleted bool   `json:"deleted"`
		}{handle, true}, "@%s is deleted; other servers are told when the node runs. The name is never given again.\n", handle)
	})
}
