package storage
import ("testing";"context";"log/slog";"path/filepath";"os";"sync")
func TestSmoke(t *testing.T){
 for _,u:=range []string{"sqlite:"+filepath.Join(t.TempDir(),"x.db"), os.Getenv("PGURL")} {
 if u=="" {continue}
 ctx:=context.Background()
 s,err:=Open(ctx,u,slog.Default()); if err!=nil {t.Fatal(err)}
 var wg sync.WaitGroup
 for i:=range 200 { wg.Go(func(){ if err:=s.Tx(ctx,func(tx *Tx)error{ return tx.Enqueue(ctx,Job{Queue:"q",Lane:string(rune('a'+i%5)),Kind:"k",Payload:[]byte("x")})});err!=nil{t.Error(err)} }) }
 wg.Wait()
 l,err:=s.ClaimLanes(ctx,"q",10); if err!=nil{t.Fatal(err)}
 n:=0; for _,x:=range l {n+=len(x.Jobs)}
 t.Log(len(l),n)
 err=s.Tx(ctx,func(tx *Tx)error{ for _,x:=range l { for _,j:=range x.Jobs { if err:=tx.FinishJob(ctx,j.ID);err!=nil{return err}}; if err:=tx.ReleaseLane(ctx,x);err!=nil{return err}}
  p,err:=tx.CreatePayload(ctx,[]byte("hi")); if err!=nil{return err}
  return tx.Deliver(ctx,p,1,[]Inbox{{"a","http://a/i"},{"a","http://a/j"},{"b","http://b/i"}})
 }); if err!=nil{t.Fatal(err)}
 d,err:=s.ClaimDestinations(ctx,10); t.Log(d,err)
 d2,_:=s.ClaimDestinations(ctx,10); t.Log(len(d2))
 for _,x:=range d { o:=Outcome{}; for _,y:=range x.Deliveries{o.Delivered=append(o.Delivered,y.ID)}; if err:=s.ReleaseDestination(ctx,x.Host,o);err!=nil{t.Fatal(err)} }
 q,err:=s.QueueDepths(ctx); t.Log(q,err)
 s.Close()
 }
}
