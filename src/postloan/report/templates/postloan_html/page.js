(function(){
function value(cell){var t=cell?cell.textContent.trim():"";var s=/^▼/.test(t)?-1:1;
var n=parseFloat(t.replace(/[▲▼,%\s]|bp/g,"").replace("\u2212","-"));
return /^[▲▼\u2212\d.]/.test(t)&&!/^\d{4}-|\d年/.test(t)&&!isNaN(n)?s*n:t}
function sort(table,at,head){var body=table.tBodies[0];var up=head.getAttribute("aria-sort")==="descending";
table.querySelectorAll("th[aria-sort]").forEach(function(h){h.removeAttribute("aria-sort")});
head.setAttribute("aria-sort",up?"ascending":"descending");
Array.from(body.rows).map(function(r){return[value(r.cells[at]),r]}).sort(function(a,b){
var x=a[0],y=b[0];if(x==="\u2014"||y==="\u2014")return(x==="\u2014")-(y==="\u2014");
var c=typeof x==="number"&&typeof y==="number"?x-y:String(x).localeCompare(String(y),document.documentElement.lang);
return up?c:-c}).forEach(function(p){body.appendChild(p[1])})}
document.querySelectorAll(".pl-table table").forEach(function(table){var body=table.tBodies[0];
if(!body||body.rows.length<3||body.querySelector(".pl-total,.pl-group"))return;
Array.from(table.tHead.rows[0].cells).forEach(function(head,at){var b=document.createElement("button");b.type="button";
while(head.firstChild)b.appendChild(head.firstChild);head.appendChild(b);b.onclick=function(){sort(table,at,head)}});
if(body.rows.length<12)return;var box=document.createElement("input");box.type="search";box.className="filter";
box.placeholder=document.body.dataset.filter;box.setAttribute("aria-label",box.placeholder);
box.oninput=function(){var q=box.value.toLowerCase();Array.from(body.rows).forEach(function(r){r.hidden=r.textContent.toLowerCase().indexOf(q)<0})};
table.parentNode.insertBefore(box,table)})})();
